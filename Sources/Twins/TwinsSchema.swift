import Queue

extension SchemaModule {
  /// The twins' part of the database, above the queue's: the eight tables of twin data, domains, marks and results.
  public static let twins = SchemaModule(
    "twins", files: Embedded.files(under: "SQL"),
    sharedTables: [
      "user_digital_twins", "twin_snapshots", "twin_timeline_points", "twin_predictions", "twin_recommendations",
      "product_effects", "twin_correlations", "twin_insights",
    ])
}
