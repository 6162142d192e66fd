import Domains
import Testing

@testable import Twins

@Suite("Definitions of insights")
struct InsightDefinitionTests {
  private static func definition(_ added: String) -> String {
    """
    domain: pump
    summary: A pump
    horizon: 10
    history_points: 100
    metrics:
      - {name: heat, unit: C}
    \(added)
    """
  }

  @Test("defaults hold where nothing is said; the rules of the shipped domains are read")
  func read() throws {
    let file = try DomainFile(Self.definition("evidence: {q: 0.01}\ninsights: {most_open: 3}"))
    #expect(file.evidence.q == 0.01 && file.evidence.observations == EvidenceThreshold().observations)
    #expect(file.insights.mostOpen == 3 && file.insights.mostNew == InsightSettings().mostNew)
    let reactor = try #require(try Domains.catalog()["reactor"])
    #expect(reactor.rules.contains { $0.metric == "vibration" && $0.direction == .up && !$0.actions.isEmpty })
    #expect(try Domains.catalog()["goals"]?.milestones.first?.bound == .above(99))
  }

  @Test(
    "what is wrong is said with its place",
    arguments: [
      ("evidence: {q: 5}", "q", "not between 0 and 1"), ("evidence: {p: 0.1}", "evidence", "unknown key \"p\""),
      ("evidence: {observations: 1}", "observations", "from 3 to"),
      ("insights: {most_open: 0}", "most_open", "from 1 to 1000"),
      ("insights: {period_days: 0}", "period_days", "not above 0"),
      ("milestones: [{metric: heat, observations: 3}]", "milestones[0]", "either above or below"),
      ("milestones: [{metric: cold, above: 1, observations: 3}]", "metric", "no metric \"cold\""),
      ("rules: [{metric: heat, title: x}]", "when", "missing; one of trend"),
      ("rules: [{when: never, metric: heat, title: x}]", "when", "is not one of"),
      ("rules: [{when: any, metric: heat, title: ' '}]", "title", "must not be empty"),
      ("rules: [{when: any, metric: heat, title: x, priority: 9}]", "priority", "from 1 to 5"),
      ("rules: [{when: any, metric: heat, title: x, type: 'No Name'}]", "type", "is no name"),
      ("rules: [{when: any, metric: cold, title: x}]", "metric", "no metric \"cold\""),
    ])
  func refused(_ added: String, _ place: String, _ problem: String) {
    let error = #expect(throws: DomainError.self) { try DomainFile(Self.definition(added)) }
    let text = error?.description ?? ""
    #expect(text.contains(place) && text.contains(problem), "\(text)")
  }
}
