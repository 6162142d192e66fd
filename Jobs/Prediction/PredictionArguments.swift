import Analysis
import FoundationEssentials
import Postgres
import Queue

/// What a `prediction` job may ask for.
struct PredictionArguments: Sendable, Hashable, Decodable {
  /// Only these metrics; nil = all that the domain knows and the twin has.
  let metrics: [String]?
  /// Steps ahead, 1…1000; nil = the domain's.
  let horizon: Int?
  /// Only observations of that many days before the twin's newest one; nil = all that the domain keeps.
  let historyDays: Int?

  private enum CodingKeys: String, CodingKey {
    case metrics, horizon
    case historyDays = "history_days"
  }

  /// JSON schema, checked when a job is enqueued.
  static let schema: JSON = """
    {
      "type": "object",
      "properties": {
        "metrics": {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1, "maxItems": 1000},
        "horizon": {"type": "integer", "minimum": 1, "maximum": 1000},
        "history_days": {"type": "integer", "minimum": 1, "maximum": 100000}
      },
      "additionalProperties": false
    }
    """

  /// Plain.
  init(metrics: [String]?, horizon: Int?, historyDays: Int?) {
    self.metrics = metrics
    self.horizon = horizon
    self.historyDays = historyDays
  }

  /// - Throws: a permanent `JobFailure` for what the schema should have refused.
  init(_ json: JSON) throws(JobFailure) {
    do {
      self = try JSONDecoder().decode(Self.self, from: Data(json.text.utf8))
    } catch {
      throw JobFailure(
        "the arguments \(json.text) are none of a prediction; known: metrics, horizon, history_days", isPermanent: true)
    }
    guard (1...1000).contains(horizon ?? 1), (historyDays ?? 1) >= 1 else {
      throw JobFailure("horizon must be 1 to 1000 and history_days at least 1: \(json.text)", isPermanent: true)
    }
  }
}
