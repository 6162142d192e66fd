import Files
import Offline
import Queue

/// The series of a twin in the configured database, read in one round trip.
struct DatabaseSeries: TwinSeriesReader {
  func series(
    of twin: String, metrics: [String]?
  ) async throws -> (series: [FileSeries], leftOut: [(metric: String, reason: String)]) {
    let catalog = try await Settings.load().catalog()
    return try await GlobalOptions.parse([]).withConnection { connection in
      let id = try await TwinReference.find(twin, in: catalog, on: connection)
      do {
        return try await Build.current.series(id, metrics, catalog, connection)
      } catch let failure as JobFailure {
        throw CommandFailure(failure.message)
      }
    }
  }
}
