/// Which part of a twin's records a job asks for.
package struct RecordChoice: Sendable, Hashable {
  /// Only these metrics; nil = all that the domain knows and the twin has.
  package var metrics: [String]?
  /// Only these factors, observed ones and interventions alike; nil = all.
  package var factors: [String]?
  /// Only observations of that many days before the twin's newest one; nil = all that the domain keeps.
  package var historyDays: Int?

  /// Everything, unless it says otherwise.
  package init(metrics: [String]? = nil, factors: [String]? = nil, historyDays: Int? = nil) {
    self.metrics = metrics
    self.factors = factors
    self.historyDays = historyDays
  }
}
