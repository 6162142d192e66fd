import Files
import FoundationEssentials
import Offline
import Postgres
import Queue
import Scheduler
import Twins
import Worker

/// The parts of the program: its kinds of job, its kinds of twin, its tables. The commands know none of them by name.
package struct Build: Sendable {
  /// The kinds of twin, by the schema of the twin tables and, by domain, of other tables.
  package typealias Catalog = @Sendable (String, [String: String]) throws(DomainError) -> DomainCatalog
  /// The kinds of job, over these kinds of twin.
  package typealias Kinds = @Sendable (DomainCatalog) -> [KindRunner]
  /// A twin's metrics as a prediction sees them; nil metrics: all.
  package typealias Series = @Sendable (UUID, [String]?, DomainCatalog, Connection) async throws -> TwinSeriesFound
  /// Series, and the metrics that cannot be forecast, with the reason.
  package typealias TwinSeriesFound = (series: [FileSeries], leftOut: [(metric: String, reason: String)])

  private let modules: @Sendable () -> [SchemaModule]
  private let makeCatalog: Catalog
  private let makeKinds: Kinds
  /// Reads the series of a twin.
  let series: Series

  /// The build that the running command belongs to.
  @TaskLocal static var current = Build(
    modules: { [] },
    catalog: { (schema, _) throws(DomainError) in try DomainCatalog([], twinsSchema: schema) }, kinds: { _ in [] },
    series: { _, _, _, _ in ([], []) })

  /// - Parameter modules: what has a part of the database, from the ground up; read by the commands that need it.
  package init(
    modules: @escaping @Sendable () -> [SchemaModule], catalog: @escaping Catalog, kinds: @escaping Kinds,
    series: @escaping Series
  ) {
    self.modules = modules
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

  /// By name of a function or view of the schema, the roles that may use it.
  func roles() throws -> [String: Set<String>] {
    let routines = try migrator(twinsSchema: "public").modules.flatMap(\.routines)
    return Dictionary(grouping: routines, by: \.name).mapValues { Set($0.flatMap(\.grants)) }
  }

  /// The database's schema: of the modules, and of each kind of job that has a part of it.
  func migrator(twinsSchema: String) throws -> Migrator {
    migrator(of: try kinds(twinsSchema: twinsSchema), twinsSchema: twinsSchema)
  }

  /// The same where the kinds are at hand: making them reads the definitions of all domains.
  /// - Parameter inputs: the tables that the kinds of twin read.
  func migrator(
    of kinds: [KindRunner], twinsSchema: String, inputs: [(schema: String, name: String)] = []
  ) -> Migrator {
    Migrator(modules() + kinds.compactMap(\.definition.schema), twinsSchema: twinsSchema, inputs: inputs)
  }

  /// Applies what is missing and tells the database what this build can do.
  /// - Returns: what was done.
  @discardableResult
  func migrate(
    _ connection: Connection, to target: Int? = nil, replacesNewer: Bool = false, twinsSchema: String
  ) async throws -> Migrator.Changes {
    var migrator = try migrator(twinsSchema: twinsSchema)
    migrator.reportsWait = { StandardError.write("twinmill: \($0)\n") }
    let changes = try await migrator.up(connection, to: target, replacesNewer: replacesNewer)
    if target == nil {
      let kinds = try kinds(twinsSchema: twinsSchema).map(\.definition)
      try await JobQueue.register(kinds: kinds, on: connection)
      try await catalog(twinsSchema: twinsSchema).register(on: connection)
      try await ScheduleEntry.addDefaults(of: kinds, on: connection)
    }
    return changes
  }
}
