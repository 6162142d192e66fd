import FoundationEssentials
import Postgres
import Simulation

/// Reads what the chain has stated.
struct ChainTables: Sendable {
  let twinsSchema: String

  /// The statements of all tables, and the texts among them.
  func read(_ twins: [SimulatedTwin], on connection: Connection) async throws -> (
    facts: [StatedFact], told: [TextCheck.Told]
  ) {
    let numbers = Dictionary(uniqueKeysWithValues: twins.map { ($0.id, $0.number) })
    let ids = twins.map(\.id)
    func rows(_ name: String, _ text: String) async throws -> Rows {
      try await connection.query(Statement(name, text, schemas: ["twins": twinsSchema])(ids))
    }
    var facts: [StatedFact] = []
    var told: [TextCheck.Told] = []
    for row in try await rows("chain_correlations", Embedded.Statements.chain_correlations) {
      let (twin, factor, metric, lag, direction, q) = try row.decode(
        UUID.self, String.self, String.self, Int32.self, String.self, Double.self)
      facts.append(
        StatedFact(
          kind: .correlation, twin: numbers[twin] ?? 0, metric: metric, cause: factor,
          direction: direction == "rises_with" ? 1 : -1, lag: Int(lag), surety: q))
    }
    for row in try await rows("chain_effects", Embedded.Statements.chain_effects) {
      let (id, factor, start, _, metric, verdict, effect, q) = try row.decode(
        UUID.self, String.self, Date?.self, Date?.self, String.self, String.self, Double.self, Double.self)
      let twin = twins[numbers[id] ?? 0]
      let day = start.map(twin.day(of:))
      facts.append(
        StatedFact(
          kind: .effect, twin: twin.number, metric: metric, cause: factor, direction: effect < 0 ? -1 : 1,
          days: day.map { $0...$0 }, detail: verdict, surety: q))
    }
    for row in try await rows("chain_insights", Embedded.Statements.chain_insights) {
      let insight = try InsightRow(row, twins: twins, numbers: numbers)
      facts += insight.facts
      told.append(insight.told)
    }
    for row in try await rows("chain_recommendations", Embedded.Statements.chain_recommendations) {
      let (id, _, title, description, _, key, metric, mean, restsOn) = try row.decode(
        UUID.self, String.self, String.self, String.self, String?.self, String?.self, String?.self, Double?.self,
        String?.self)
      let twin = twins[numbers[id] ?? 0]
      let evidence = try EvidencePoint.list(restsOn ?? "[]")
      told.append(TextCheck.Told(twin: twin.number, title: title, description: description, evidence: evidence))
      facts += Recommended(twin: twin, key: key ?? "", metric: metric, mean: mean, title: title).facts(facts)
    }
    return (facts, told)
  }
}
