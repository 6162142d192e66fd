/// The conclusions of other kinds about one twin.
package struct UpstreamResults: Sendable {
  /// By metric name.
  package var predictions: [PredictedMetric] = []
  package var relations: [Relation] = []
  package var effects: [InterventionEffect] = []

  /// Nothing.
  package init() {}
}
