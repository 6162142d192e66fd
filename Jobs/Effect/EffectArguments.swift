import Analysis
import FoundationEssentials
import Postgres
import Queue

/// The arguments of an `effect` job.
struct EffectArguments: JobArguments, Hashable {
  /// Only what these interventions did, by product id or name; nil = all.
  let factors: [String]?
  /// Only what was done to these metrics; nil = all that the domain knows and the twin has.
  let metrics: [String]?
  /// Only observations of that many days before the twin's newest one; nil = all that the domain keeps.
  let historyDays: Int?

  private enum CodingKeys: String, CodingKey {
    case factors, metrics
    case historyDays = "history_days"
  }

  /// JSON schema, checked when a job is enqueued.
  static let schema: JSON = """
    {
      "type": "object",
      "properties": {
        "factors": {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1, "maxItems": 1000},
        "metrics": {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1, "maxItems": 1000},
        "history_days": {"type": "integer", "minimum": 1, "maximum": 100000}
      },
      "additionalProperties": false
    }
    """

  var brokenRule: String? { historyDays ?? 1 >= 1 ? nil : "history_days must be at least 1" }
}
