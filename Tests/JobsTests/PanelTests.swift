import FoundationEssentials
import Queue
import Testing
import Twins

@testable import Analysis
@testable import Jobs

@Suite("Panels: metrics and factors on one grid")
struct PanelTests {
  private static let start = Date(timeIntervalSince1970: 1_704_067_200)

  private static func observations(
    _ name: String, every seconds: Double, _ values: [Double], from offset: Double = 0
  ) -> Observations {
    Observations(
      metric: name, observedAt: values.indices.map { start.addingTimeInterval(offset + seconds * Double($0)) },
      values: values)
  }

  private static func records(
    _ observations: [Observations], events: [(day: Double, type: String)] = [], choice: RecordChoice = RecordChoice(),
    metrics: String = "{name: a, unit: \"\"}, {name: b, unit: \"\", minimum: 0}", interval: String = "86400"
  ) throws -> TwinRecords {
    let text = """
      domain: test
      summary: test
      \(interval.isEmpty ? "" : "interval_seconds: \(interval)")
      horizon: 1
      history_points: 100
      metrics: [\(metrics)]
      factors: [{name: f, type: environment, aggregation: maximum, minimum: 0}]
      interventions: [{event: product, type: product}, {event: repair, type: operation}]
      """
    let domain = try Domain(
      Domain.Files(definition: text, schema: "", register: "", observations: "", events: ""),
      twinsSchema: "public")
    let history = TwinHistory(
      twin: UUID(), domainName: "test", subject: "x", hasTables: true, observations: observations,
      events: events.map {
        TwinEvent(occurredAt: start.addingTimeInterval(86_400 * $0.day), type: $0.type, factor: "p")
      }, lastInputHash: nil, readAt: start)
    return try TwinRecords(
      ResolvedTwin(history, catalog: DomainCatalog([domain], twinsSchema: "public")), choice)
  }

  /// NaN as nil, so that series can be compared.
  private static func gaps(_ values: [Double]) -> [Double?] { values.map { $0.isNaN ? nil : $0 } }

  @Test("series that begin and end at different times share one grid; a factor is aggregated its own way and cut to it")
  func aligned() throws {
    let records = try Self.records([
      Self.observations("a", every: 86_400, [1, 2, 3], from: 86_400 + 3600),
      Self.observations("b", every: 86_400, [5, -1, 7], from: 3 * 86_400),
      Self.observations("f", every: 43_200, [9, 8, 1, 2, 4, -3, 5, 6, 7, 7, 1, 1, 0, 0, 9, 9], from: 0),
    ])
    #expect(records.skipped == 2, "below their minimum")
    let (panels, leftOut) = Panel.panels(records)
    let panel = try #require(panels.first)
    #expect(panels.count == 1 && leftOut.isEmpty)
    #expect(panel.start == Self.start.addingTimeInterval(86_400) && panel.count == 5)
    #expect(Self.gaps(panel.metrics[0].values) == [1, 2, 3, nil, nil])
    #expect(Self.gaps(panel.metrics[1].values) == [nil, nil, 5, nil, 7])
    #expect(Self.gaps(panel.factors[0].values) == [2, 4, 6, 7, 1])
    #expect(panel.date(at: 4) == Self.start.addingTimeInterval(5 * 86_400))
  }

  @Test("metrics of two intervals make two grids, the same factor on both; an interval that is not given is inferred")
  func intervals() throws {
    let records = try Self.records(
      [
        Self.observations("a", every: 3600, (0..<48).map(Double.init), from: 120),
        Self.observations("b", every: 86_400, (0..<10).map(Double.init)),
        Self.observations("f", every: 3600, (0..<240).map { Double($0 / 24) }),
      ], interval: "")
    let panels = Panel.panels(records).panels
    #expect(panels.map(\.intervalSeconds) == [3600, 86_400])
    #expect(panels.map(\.count) == [48, 10])
    #expect(panels[0].start == Self.start, "counted from a fixed instant, not from the first observation")
    #expect(panels[0].season == 24 && panels[1].season == 0, "a season must fit in twice")
    #expect(panels[1].factors[0].values == (0..<10).map(Double.init))
    #expect(panels[0].factors[0].values == (0..<48).map { Double($0 / 24) })
  }

  @Test("what cannot be put on a grid is left out with the reason; the newest samples are kept")
  func leftOut() throws {
    let months = try Self.records(
      [Self.observations("a", every: 30.4 * 86_400, (0..<30).map(Double.init)), Self.observations("b", every: 1, [3])],
      interval: "")
    let (none, reasons) = Panel.panels(months)
    #expect(none.isEmpty && reasons.map(\.name) == ["a", "b"])
    #expect(reasons[0].value.contains("calendar") && reasons[1].value.contains("interval cannot be inferred"))
    let long = try Self.records([Self.observations("a", every: 86_400, (0..<150).map(Double.init))])
    let panel = try #require(Panel.panels(long).panels.first)
    #expect(panel.count == 100 && panel.metrics[0].values.first == 50 && panel.metrics[0].values.last == 149)
    let huge = try Self.records([
      Self.observations("a", every: 60, [1.7e308, 1.7e308]), Self.observations("b", every: 86_400, [1, 2]),
    ])
    #expect(try #require(Panel.panels(huge).panels.first).metrics[0].values.allSatisfy(\.isNaN))
  }

  @Test(
    "uses become 0/1 factors: from the step of the start to that of the stop, before and after what is recorded too")
  func uses() throws {
    let observed = [Self.observations("a", every: 86_400, [Double](repeating: 1, count: 10))]
    func values(_ events: (day: Double, type: String)...) throws -> [[Double]] {
      let records = try Self.records(observed, events: events)
      return try #require(Panel.panels(records).panels.first).usageFactors(records.isChosen).factors.map(\.values)
    }
    #expect(
      try values((2.5, "product_started"), (5, "product_stopped"), (8, "product_started")) == [
        [0, 0, 1, 1, 1, 0, 0, 0, 1, 1]
      ])
    #expect(try values((3.2, "product_stopped")) == [[1, 1, 1, 0, 0, 0, 0, 0, 0, 0]])
    #expect(try values((-400, "product_started"), (500, "product_stopped")).isEmpty, "always in use: no factor")
    #expect(try values((4, "repair")).isEmpty, "what has no end is no use")
    let records = try Self.records(observed, events: [(4, "repair")])
    let use = try #require(Panel.panels(records).panels.first?.uses.first)
    #expect(use.first == 4 && use.end == nil && use.use.factor == "p")
  }

  @Test("the hash of the records changes with each of them and with the choice, and with nothing else")
  func hash() throws {
    let observed = [Self.observations("a", every: 86_400, [1, 2]), Self.observations("f", every: 86_400, [1, 2])]
    func hash(
      _ observed: [Observations], _ events: [(day: Double, type: String)] = [], _ choice: RecordChoice = RecordChoice(),
      kind: String = "k", revision: Int = 1, parameters: [Double] = [1]
    ) throws -> String {
      let kind = KindDefinition(name: kind, summary: "", argumentsSchema: NoArguments.schema, revision: revision)
      return try Self.records(observed, events: events, choice: choice).hash(of: kind, parameters: parameters).hex
    }
    let started = [(day: 1.0, type: "product_started")]
    let hashes = [
      try hash(observed), try hash(Array(observed[..<1])), try hash([observed[1]]), try hash(observed, started),
      try hash(observed, started + [(day: 2, type: "product_stopped")]),
      try hash(observed, [], RecordChoice(factors: ["f"])), try hash(observed, [], RecordChoice(historyDays: 10)),
      try hash(observed, kind: "other"), try hash(observed, revision: 2), try hash(observed, parameters: [2]),
      try hash([Self.observations("a", every: 86_400, [1, 3]), observed[1]]),
    ]
    #expect(Set(hashes).count == hashes.count)
    #expect(try hash(observed) == hashes[0])
  }
}
