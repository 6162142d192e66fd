import FoundationEssentials
import Offline
import Postgres
import Queue
import Twins
import Worker

/// What the program is made of: its kinds of job, its kinds of twin, its tables. The commands know none of them by name.
package struct Build: Sendable {
  /// The kinds of twin, by the schema of the twin tables and, by domain, of other tables.
  package typealias Catalog = @Sendable (String, [String: String]) throws(DomainError) -> DomainCatalog
  /// The kinds of job, over these kinds of twin.
  package typealias Kinds = @Sendable (DomainCatalog) -> [KindRunner]
  /// A twin's metrics as a prediction sees them; nil metrics: all.
  package typealias Series = @Sendable (UUID, [String]?, DomainCatalog, Connection) async throws -> TwinSeriesFound
  /// Series, and the metrics that cannot be forecast, with the reason.
  package typealias TwinSeriesFound = (series: [FileSeries], leftOut: [(metric: String, reason: String)])

  private let migrations: [Migration]
  private let makeCatalog: Catalog
  private let makeKinds: Kinds
  /// Reads the series of a twin.
  let series: Series

  /// The build that the running command belongs to.
  @TaskLocal static var current = Build(
    migrations: [],
    catalog: { (schema, _) throws(DomainError) in try DomainCatalog([], twinsSchema: schema) }, kinds: { _ in [] },
    series: { _, _, _, _ in ([], []) })

  package init(
    migrations: [Migration], catalog: @escaping Catalog, kinds: @escaping Kinds, series: @escaping Series
  ) {
    self.migrations = migrations
    makeCatalog = catalog
    makeKinds = kinds
    self.series = series
  }

  /// Runs the command that the arguments name, and ends the process with its status.
  package func main() async {
    await Self.$current.withValue(self) {
      await OfflineContext.$twins.withValue(DatabaseSeries()) { await Twinmill.main() }
    }
  }

  /// The kinds of twin that this build knows.
  func catalog(
    twinsSchema: String = "public", domainSchemas: [String: String] = [:]
  ) throws(DomainError) -> DomainCatalog {
    try makeCatalog(twinsSchema, domainSchemas)
  }

  /// Every kind of job that this build can run.
  func kinds(twinsSchema: String, domainSchemas: [String: String] = [:]) throws -> [KindRunner] {
    makeKinds(try catalog(twinsSchema: twinsSchema, domainSchemas: domainSchemas))
  }

  /// The database's schema, step by step.
  func migrator(twinsSchema: String) -> Migrator {
    Migrator(migrations, twinsSchema: twinsSchema)
  }

  /// Applies what is missing and tells the database what this build can do.
  /// - Returns: the steps taken.
  @discardableResult
  func migrate(
    _ connection: Connection, to target: Int? = nil, twinsSchema: String
  ) async throws -> [Migration] {
    let taken = try await migrator(twinsSchema: twinsSchema).up(connection, to: target)
    if target == nil {
      try await JobQueue.register(kinds: try kinds(twinsSchema: twinsSchema).map(\.definition), on: connection)
      try await catalog(twinsSchema: twinsSchema).register(on: connection)
    }
    // New data is found and computed without anybody's doing; whoever does not want that removes the schedule.
    if taken.contains(where: { $0.name == "schedules" }), target == nil {
      _ = try await connection.query("SELECT twinmill.schedule('sweep', '* * * * *', 'sweep')")
    }
    return taken
  }
}
