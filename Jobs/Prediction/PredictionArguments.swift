import Analysis
import FoundationEssentials
import Postgres
import Queue

/// The arguments of a `prediction` job.
struct PredictionArguments: JobArguments, Hashable {
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

  var brokenRule: String? {
    (1...1000).contains(horizon ?? 1) && historyDays ?? 1 >= 1
      ? nil : "horizon must be 1 to 1000 and history_days at least 1"
  }
}
