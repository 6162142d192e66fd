/// Where `twinmill forecast --twin` finds a twin's metrics. The offline commands know no database: a program that has
/// one says how to read it.
package protocol TwinSeriesReader: Sendable {
  /// Reads a twin's metrics as a prediction sees them.
  /// - Parameters:
  ///   - twin: its id, or DOMAIN/SUBJECT.
  ///   - metrics: only these; nil: all.
  /// - Returns: the series, and the metrics that cannot be forecast, with the reason.
  func series(
    of twin: String, metrics: [String]?
  ) async throws -> (series: [FileSeries], leftOut: [(metric: String, reason: String)])
}

/// The services that the surrounding program lends to the offline commands.
package enum OfflineContext {
  /// nil: there is no database.
  @TaskLocal package static var twins: (any TwinSeriesReader)?
}
