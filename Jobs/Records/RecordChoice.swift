/// Which part of a twin's records a job asks for.
struct RecordChoice: Sendable, Hashable {
  /// Only these metrics; nil = all that the domain knows and the twin has.
  var metrics: [String]?
  /// Only these factors, observed ones and interventions alike; nil = all.
  var factors: [String]?
  /// Only observations of that many days before the twin's newest one; nil = all that the domain keeps.
  var historyDays: Int?
}
