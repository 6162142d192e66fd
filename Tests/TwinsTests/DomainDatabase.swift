import Domains
import FoundationEssentials
import Postgres
import TestServer
import Testing
import Twins

/// A database with the tables of every domain, and what is read of a twin there.
struct DomainDatabase {
  let connection: Connection
  let catalog: DomainCatalog

  /// - Parameter domainSchemas: as the setting says; the schema scripts of these domains are not run.
  static func create(domainSchemas: [String: String] = [:]) async throws -> DomainDatabase {
    let database = try await TwinsDatabase.create()
    let connection = try await database.connect()
    let catalog = try Domains.catalog(domainSchemas: domainSchemas)
    for domain in catalog.domains where domainSchemas[domain.name] == nil {
      try await catalog.createTables(of: domain, on: connection)
    }
    return DomainDatabase(connection: connection, catalog: catalog)
  }

  /// The id of a subject's twin.
  func twin(_ domain: String, _ subject: String) async throws -> UUID {
    try await connection.value("SELECT twinmill.twin(\(domain), \(subject))")
  }

  /// The history of a twin.
  func history(_ domain: String, _ subject: String, from: String? = nil, until: String? = nil) async throws
    -> TwinHistory
  {
    let twin = try await twin(domain, subject)
    func date(_ text: String?) async throws -> Date? {
      guard let text else { return nil }
      return try await connection.value("SELECT \(text)::timestamp AT TIME ZONE 'UTC'")
    }
    let histories = try await HistoryReader(catalog).histories(
      of: [twin], kind: "prediction", withEvents: true, from: try await date(from), until: try await date(until),
      on: connection)
    return try #require(histories[twin])
  }

  /// Marks as "source count", and clears them.
  func marks() async throws -> [String] {
    let lines = try await connection.query(
      """
      WITH taken AS (DELETE FROM twinmill.twin_changes RETURNING source, twin_id)
      SELECT source || ' ' || count(DISTINCT twin_id) AS line FROM taken GROUP BY source ORDER BY 1
      """)
    return try lines.map { try $0.get("line", as: String.self) }
  }
}

extension TwinHistory {
  /// The values of a metric or factor, oldest first; empty when there are none.
  func values(_ metric: String) -> [Double] {
    observations.first { $0.metric == metric }?.values ?? []
  }

  /// The values with their instants, as "MM-DD value" for midnights.
  func days(_ metric: String) -> [String] {
    guard let found = observations.first(where: { $0.metric == metric }) else { return [] }
    return zip(found.observedAt, found.values).map { "\(Self.instant($0)) \(($1 * 100).rounded() / 100)" }
  }

  /// The number of a metric's values that were there and could not be read.
  func skipped(_ metric: String) -> Int {
    observations.first { $0.metric == metric }?.skipped ?? 0
  }

  /// Events as "MM-DD [HH:MM] type factor".
  var eventLines: [String] {
    events.map { "\(Self.instant($0.occurredAt)) \($0.type) \($0.factor)" }
  }

  private static func instant(_ date: Date) -> String {
    // 2024-01-02T03:04:05Z
    let text = date.formatted(.iso8601)
    let day = text.dropFirst(5).prefix(5)
    let time = text.dropFirst(11).prefix(5)
    return time == "00:00" ? String(day) : "\(day) \(time)"
  }
}
