import FoundationEssentials
import Postgres
import Synchronization

/// Reads the histories of a batch of twins of any domains in one round trip.
///
/// A domain whose tables are created on request cannot be asked before they exist: its statement joins the round trip
/// once a twin of the domain was seen with its tables in place; that first batch costs a second round trip.
public final class HistoryReader: Sendable {
  /// The domains it can read.
  public let catalog: DomainCatalog
  private let describeTwins: Statement
  private let needed: (domains: [String], schemas: [String], tables: [String], columns: [String])
  /// Names of the domains whose statements can be run.
  private let ready: Mutex<Set<String>>

  /// A reader for these domains.
  public init(_ catalog: DomainCatalog) {
    self.catalog = catalog
    describeTwins = Statements.describeTwins(schema: catalog.twinsSchema)
    let columns = catalog.domains.flatMap { domain in
      domain.tables.flatMap { table in table.columns.map { (domain.name, domain.schema, table.name, $0) } }
    }
    needed = (columns.map(\.0), columns.map(\.1), columns.map(\.2), columns.map(\.3))
    ready = Mutex(Set(catalog.domains.filter(\.tables.isEmpty).map(\.name)))
  }

  /// Reads the twins' histories, one round trip as a rule; inside the caller's snapshot, if it has one.
  /// - Parameters:
  ///   - twins: ids, may repeat.
  ///   - kind: of the results whose latest input hash is wanted.
  ///   - withEvents: whether what happened to the twins is wanted too; in the same round trip.
  ///   - isAsked: whether a domain's observations and events are wanted; not asked, its twins have none.
  ///   - range: from (inclusive) and until (exclusive); nil = open.
  /// - Returns: by twin; twins that do not exist are missing.
  public func histories(
    of twins: [UUID], kind: String, withEvents: Bool = false, where isAsked: (Domain) -> Bool = { _ in true },
    from: Date? = nil, until: Date? = nil, on connection: Connection
  ) async throws(PostgresError) -> [UUID: TwinHistory] {
    try await histories(
      of: twins, kind: kind, withEvents: withEvents, where: isAsked, from: from, until: until, and: [], on: connection
    ).histories
  }

  /// The same, and in the same round trip what else the caller asks.
  /// - Parameter others: questions of the caller's own.
  /// - Returns: the histories, and one answer for each question.
  public func histories(
    of twins: [UUID], kind: String, withEvents: Bool = false, where isAsked: (Domain) -> Bool = { _ in true },
    from: Date? = nil, until: Date? = nil, and others: [SQL], on connection: Connection
  ) async throws(PostgresError) -> (histories: [UUID: TwinHistory], answers: [Rows]) {
    let twins = Array(Set(twins))
    let wanted = catalog.domains.filter(isAsked)
    let domains = wanted.filter { domain in ready.withLock { $0.contains(domain.name) } }
    func questions(_ domains: [Domain]) -> [SQL] {
      domains.map { $0.observations(twins, from, until, Int32($0.historyPoints)) }
        + (withEvents ? domains.map { $0.events(twins, from, until) } : [])
    }
    let first = try await asking(domains) { () async throws(PostgresError) -> [Rows] in
      try await connection.pipeline(
        [describeTwins(twins, kind, needed.domains, needed.schemas, needed.tables, needed.columns)]
          + others + questions(domains))
    }
    let described = first[0]
    let answers = Array(first[1...].prefix(others.count))
    var observed = first[1...].dropFirst(others.count).prefix(domains.count)
    var happened = first[1...].dropFirst(others.count + domains.count)

    var late: Set<String> = []
    for row in described {
      let name = try row.get("domain", as: String?.self)
      guard let name, wanted.contains(where: { $0.name == name }), try row.get("tables_ready", as: Bool.self) else {
        continue
      }
      if !domains.contains(where: { $0.name == name }) { late.insert(name) }
    }
    if !late.isEmpty {
      let lateDomains = catalog.domains.filter { late.contains($0.name) }
      let more = try await connection.pipeline(questions(lateDomains))
      observed += more.prefix(lateDomains.count)
      happened += more.dropFirst(lateDomains.count)
      ready.withLock { $0.formUnion(late) }
    }
    return (try Self.histories(described, try Self.observations(observed), try Self.events(happened)), answers)
  }

  /// Forgets which tables can be read when one is gone or forbidden: the next attempt finds out anew.
  private func asking(
    _ domains: [Domain], _ body: () async throws(PostgresError) -> [Rows]
  ) async throws(PostgresError) -> [Rows] {
    do {
      return try await body()
    } catch {
      if ["42P01", "42703", "42501"].contains(error.sqlstate) {
        ready.withLock { $0.subtract(domains.filter { !$0.tables.isEmpty }.map(\.name)) }
      }
      throw error
    }
  }

  // MARK: - Decoding

  private static func observations(_ answers: ArraySlice<Rows>) throws(PostgresError) -> [UUID: [Observations]] {
    var byTwin: [UUID: [Observations]] = [:]
    for rows in answers {
      for row in rows {
        let (twin, metric, observedAt, values, skipped) = try row.decode(
          UUID.self, String.self, [Date].self, [Double].self, Int64.self)
        byTwin[twin, default: []].append(
          Observations(metric: metric, observedAt: observedAt, values: values, skipped: Int(skipped)))
      }
    }
    return byTwin
  }

  private static func events(_ answers: ArraySlice<Rows>) throws(PostgresError) -> [UUID: [TwinEvent]] {
    var byTwin: [UUID: [TwinEvent]] = [:]
    for rows in answers {
      for row in rows {
        let (twin, occurredAt, types, factors) = try row.decode(UUID.self, [Date].self, [String].self, [String].self)
        byTwin[twin, default: []] += zip(occurredAt, zip(types, factors)).map {
          TwinEvent(occurredAt: $0, type: $1.0, factor: $1.1)
        }
      }
    }
    return byTwin
  }

  private static func histories(
    _ described: Rows, _ observations: [UUID: [Observations]], _ events: [UUID: [TwinEvent]]
  ) throws(PostgresError) -> [UUID: TwinHistory] {
    var histories: [UUID: TwinHistory] = [:]
    for row in described {
      let (twin, domain, subject, hasTables, hash, readAt) = try row.decode(
        UUID.self, String?.self, String?.self, Bool.self, String?.self, Date.self)
      histories[twin] = TwinHistory(
        twin: twin, domainName: domain, subject: subject, hasTables: hasTables,
        // By code points, so that the order, and with it the input hash, depends on no collation.
        observations: (observations[twin] ?? []).sorted { $0.metric.utf8.lexicographicallyPrecedes($1.metric.utf8) },
        events: (events[twin] ?? []).sorted(by: TwinEvent.precedes), lastInputHash: hash, readAt: readAt)
    }
    return histories
  }
}
