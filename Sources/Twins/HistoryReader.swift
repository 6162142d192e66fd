import FoundationEssentials
import Postgres
import Synchronization

/// Reads the histories of a batch of twins of any domains in one round trip.
///
/// A domain whose tables are created on request cannot be asked before they exist: its statement joins the round trip
/// once a twin of the domain was seen with its tables in place; that first batch costs a round trip more per domain.
public final class HistoryReader: Sendable {
  /// The domains it can read.
  public let catalog: DomainCatalog
  private let describeTwins: Statement
  private let needed: (domains: [String], schemas: [String], tables: [String], columns: [String])
  /// Names of the domains whose statements can be run.
  private let ready: Mutex<Set<String>>
  /// Domains whose tables have the right names and cannot be read all the same (other types, for one), and when to try
  /// again, by the server's clock: until then they fail no other domain's reading.
  private let unreadable = Mutex<[String: Date]>([:])
  private static let pause = 60.0

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
      of: twins, kind: kind, withEvents: withEvents, where: isAsked, from: from, until: until, and: Pipeline(),
      on: connection
    ).histories
  }

  /// The same, and in the same round trip what else the caller asks.
  /// - Parameter others: questions of the caller's own.
  /// - Returns: the histories, and the answers to the caller's questions by their tokens.
  public func histories(
    of twins: [UUID], kind: String, withEvents: Bool = false, where isAsked: (Domain) -> Bool = { _ in true },
    from: Date? = nil, until: Date? = nil, and others: Pipeline, on connection: Connection
  ) async throws(PostgresError) -> (histories: [UUID: TwinHistory], answers: Pipeline.Answers) {
    let twins = Array(Set(twins))
    let wanted = catalog.domains.filter(isAsked)
    let domains = wanted.filter { domain in ready.withLock { $0.contains(domain.name) } }
    func ask(_ domain: Domain, in pipeline: inout Pipeline) -> Questions {
      Questions(
        observations: pipeline.add(domain.observations(twins, from, until, Int32(domain.historyPoints))),
        events: withEvents ? pipeline.add(domain.events(twins, from, until)) : nil)
    }
    var pipeline = others
    let describe = pipeline.add(
      describeTwins(twins, kind, needed.domains, needed.schemas, needed.tables, needed.columns))
    requirePlain(domains, in: &pipeline)
    let questions = domains.map { ask($0, in: &pipeline) }
    let answers = try await asking(domains) { () async throws(PostgresError) -> Pipeline.Answers in
      try await connection.pipeline(pipeline)
    }
    let described = answers[describe]
    var observed = questions.map { answers[$0.observations] }
    var happened = questions.compactMap { $0.events.map { answers[$0] } }

    var late: [String: Date] = [:]
    var paused: Set<String> = []
    for row in described {
      let name = try row.get("domain", as: String?.self)
      guard let name, wanted.contains(where: { $0.name == name }), try row.get("tables_ready", as: Bool.self) else {
        continue
      }
      guard !domains.contains(where: { $0.name == name }) else { continue }
      let readAt = try row.get("read_at", as: Date.self)
      if let until = unreadable.withLock({ $0[name] }), readAt < until {
        paused.insert(name)
      } else {
        late[name] = readAt
      }
    }
    for domain in wanted {
      guard let readAt = late[domain.name] else { continue }
      do {
        var pipeline = Pipeline()
        requirePlain([domain], in: &pipeline)
        let questions = ask(domain, in: &pipeline)
        let answers = try await connection.pipeline(pipeline)
        observed.append(answers[questions.observations])
        if let events = questions.events { happened.append(answers[events]) }
      } catch {
        if error.sqlstate?.hasPrefix("42") == true {
          unreadable.withLock { $0[domain.name] = readAt.addingTimeInterval(Self.pause) }
        }
        throw error
      }
      ready.withLock { _ = $0.insert(domain.name) }
    }
    let histories = try Self.histories(
      described, paused: paused, try Self.observations(observed), try Self.events(happened))
    return (histories, answers)
  }

  /// No code of an application runs in this session: before its tables are read, they are found to be tables of built-in
  /// types, and they are locked against being replaced.
  private func requirePlain(_ domains: [Domain], in pipeline: inout Pipeline) {
    let columns = domains.flatMap { domain in
      domain.tables.flatMap { table in table.columns.map { (domain.schema, table.name, $0) } }
    }
    guard !columns.isEmpty else { return }
    pipeline.add(Statements.requirePlain(columns.map(\.0), columns.map(\.1), columns.map(\.2)))
  }

  /// The questions to one domain.
  private struct Questions {
    let observations: Pipeline.Token
    let events: Pipeline.Token?
  }

  /// Forgets which tables can be read when one is gone or forbidden: the next attempt finds out anew.
  private func asking(
    _ domains: [Domain], _ body: () async throws(PostgresError) -> Pipeline.Answers
  ) async throws(PostgresError) -> Pipeline.Answers {
    do {
      return try await body()
    } catch {
      // A table, a column, a right, an operator for its type: class 42.
      if error.sqlstate?.hasPrefix("42") == true {
        ready.withLock { $0.subtract(domains.filter { !$0.tables.isEmpty }.map(\.name)) }
      }
      throw error
    }
  }

  // MARK: - Decoding

  private static func observations(_ answers: [Rows]) throws(PostgresError) -> [UUID: [Observations]] {
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

  private static func events(_ answers: [Rows]) throws(PostgresError) -> [UUID: [TwinEvent]] {
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
    _ described: Rows, paused: Set<String>, _ observations: [UUID: [Observations]], _ events: [UUID: [TwinEvent]]
  ) throws(PostgresError) -> [UUID: TwinHistory] {
    var histories: [UUID: TwinHistory] = [:]
    for row in described {
      let (twin, domain, subject, hasTables, hash, readAt) = try row.decode(
        UUID.self, String?.self, String?.self, Bool.self, String?.self, Date.self)
      histories[twin] = TwinHistory(
        twin: twin, domainName: domain, subject: subject,
        hasTables: hasTables && !(domain.map(paused.contains) ?? false),
        // By code points, so that the order, and with it the input hash, depends on no collation.
        observations: (observations[twin] ?? []).sorted { $0.metric.utf8.lexicographicallyPrecedes($1.metric.utf8) },
        events: (events[twin] ?? []).sorted(by: TwinEvent.precedes), lastInputHash: hash, readAt: readAt)
    }
    return histories
  }
}
