import Analysis
import FoundationEssentials
import Postgres
import Queue
import Twins

/// The arguments of a `correlation` job.
struct CorrelationArguments: JobArguments, Hashable {
  /// Only these metrics; nil = all that the domain knows and the twin has.
  let metrics: [String]?
  /// Only these factors, observed ones and products alike; nil = all.
  let factors: [String]?
  /// Largest lag in sampling intervals, 0…366; nil = 14. Too low misses slow causes; too high makes every finding
  /// harder, as each lag counts as a try.
  let maxLag: Int?
  /// Largest expected share of false ones among the twin's findings; nil = `defaultRate`. Over many twins with two or three true
  /// relations each, 0.05 states 10 false ones in 100, 0.02 states 5, 0.01 states 4, 0.005 states 2 and finds 92 in 100 of
  /// what 0.05 finds (`twinmill bench chain`); of 4,000 statements that rest on correlations 0.005 leaves 4 in 100 false.
  let fdr: Double?
  /// Only observations of that many days before the twin's newest one; nil = all that the domain keeps.
  let historyDays: Int?

  /// See `fdr`.
  static let defaultRate = 0.002

  private enum CodingKeys: String, CodingKey {
    case metrics, factors, fdr
    case maxLag = "max_lag"
    case historyDays = "history_days"
  }

  /// JSON schema, checked when a job is enqueued.
  static let schema: JSON = """
    {
      "type": "object",
      "properties": {
        "metrics": {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1, "maxItems": 1000},
        "factors": {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1, "maxItems": 1000},
        "max_lag": {"type": "integer", "minimum": 0, "maximum": 366},
        "fdr": {"type": "number", "minimum": 0.0001, "maximum": 0.5},
        "history_days": {"type": "integer", "minimum": 1, "maximum": 100000}
      },
      "additionalProperties": false
    }
    """

  /// The part of the twin's records that is asked for.
  var choice: RecordChoice {
    RecordChoice(metrics: metrics, factors: factors?.map(InterventionUse.spelling), historyDays: historyDays)
  }

  var brokenRule: String? {
    (0...366).contains(maxLag ?? 0) && (0.0001...0.5).contains(fdr ?? Self.defaultRate) && historyDays ?? 1 >= 1
      ? nil : "max_lag must be 0 to 366, fdr 0.0001 to 0.5 and history_days at least 1"
  }
}
