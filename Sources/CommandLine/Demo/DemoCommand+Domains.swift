import Files
import FoundationEssentials
import Postgres
import Simulation
import Twins

extension DemoCommand {
  /// Two subjects with a history for each of the other kinds of twin; their twins come into being by the triggers.
  /// - Returns: how many twins.
  func fillOtherDomains(_ catalog: DomainCatalog, _ connection: Connection) async throws -> Int {
    let now = Date()
    for (name, what) in [
      ("reactor", "readings of a day"), ("goals", "check-ins of a year"), ("tasks", "tasks of a year"),
      ("propositions", "interactions of a year"),
    ] {
      guard let domain = catalog[name] else { throw CommandFailure("this build has no domain \(name)") }
      let rows = try await connection.transaction { connection in
        try await catalog.createTables(of: domain, on: connection)
        return switch name {
        case "reactor": try await SimulatedReactor.fill(connection, until: now)
        case "goals": try await SimulatedMember.fill(connection, until: now)
        case "tasks": try await SimulatedWork.fill(connection, until: now)
        default: try await SimulatedAudience.fill(connection, until: now)
        }
      }
      say("2 \(name) twins, \(rows) \(what)")
    }
    return 8
  }

  /// One line for each kind of twin: its first step ahead.
  func showOtherPredictions(_ connection: Connection) async throws {
    let rows = try await connection.query(
      """
      SELECT DISTINCT ON (p.domain) p.domain, s.subject, p.metric, to_char(p.prediction_date, 'YYYY-MM-DD HH24:MI'),
        p.mean, p.lo95, p.hi95
      FROM twinmill.latest_predictions p
      JOIN unnest('{reactor,goals,tasks,propositions}'::text[], '{health_score,adherence_30d,tasks_open,click_share}'::text[])
        AS shown (domain, metric) ON shown.domain = p.domain AND shown.metric = p.metric
      CROSS JOIN LATERAL (
        SELECT CASE p.domain WHEN 'reactor' THEN (SELECT r.name FROM reactors r WHERE r.id::text = p.subject)
          WHEN 'goals' THEN (SELECT u.name FROM goals.users u WHERE u.id::text = p.subject)
          WHEN 'propositions' THEN (SELECT u.username FROM propositions.users u WHERE u.id::text = p.subject)
          ELSE p.subject END
      ) AS s (subject)
      ORDER BY p.domain, s.subject, p.prediction_date
      """)
    let cells = try rows.map { row -> [String?] in
      let (domain, subject, metric, date, mean, lower, upper) = try row.decode(
        String.self, String?.self, String.self, String.self, Double.self, Double.self, Double.self)
      return [domain, subject, metric, date] + [mean, lower, upper].map { "\(($0 * 100).rounded() / 100)" }
    }
    print("\nThe other kinds of twin, one metric each, the next step:\n")
    Table(columns: ["domain", "of", "metric", "date", "mean", "lo95", "hi95"], rows: cells).print(json: false)
  }
}
