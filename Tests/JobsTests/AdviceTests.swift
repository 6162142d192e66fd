import Domains
import FoundationEssentials
import Testing

@testable import Analysis
@testable import Jobs
@testable import Twins

@Suite("Advice")
struct AdviceTests {
  private static func noise(_ days: Int = 120, seed: UInt64 = 1) -> [Double] {
    var noise = SimulatedNoise(seed: seed)
    return noise.autoregression(days, 0.5).map { 50 + 3 * $0 }
  }

  private static func twin() throws -> SimulatedTwin {
    try SimulatedTwin(["hydration_index": noise(), "redness_index": noise(seed: 2)])
  }

  private static func products(_ twin: SimulatedTwin) throws -> [Advice] {
    ProductAdvice().advice(on: try twin.evidence(), insights: [])
  }

  @Test("harm is stopped, benefit is kept, both are weighed; what was stopped is not stopped again")
  func products() throws {
    var twin = try Self.twin()
    twin.affect("harmful", [("redness_index", 6, 3, "worse", 1.2)])
    twin.affect("harmful a little", [("redness_index", 3, 1, "worse", 0.6)])
    twin.affect("helpful", [("hydration_index", 5, 2, "better", 0.8)])
    twin.affect("helpful once", [("hydration_index", 5, 2, "better", 0.8)], ended: 100)
    twin.affect("harmful once", [("redness_index", 6, 3, "worse", 1.2)], ended: 100)
    twin.affect("mixed", [("hydration_index", 9, 2, "better", 1.8), ("redness_index", 6, 3, "worse", 1.2)])
    let advice = try Self.products(twin)
    #expect(
      advice.map { "\($0.subject.aspect) \($0.subject.factor) \($0.priority)" } == [
        "stop harmful 1", "stop harmful a little 2", "keep helpful 4", "resume helpful once 3", "weigh mixed 3",
      ])
    let impact = try #require(advice[0].impact)
    #expect(impact.metric == "redness_index" && impact.mean == -6 && impact.lower == -9 && impact.upper == -3)
    #expect(advice[0].story.description.contains("6.00 points higher since it began on 2024-03-01, for the worse"))
    #expect(advice[0].products == [RecommendedProduct(id: UUID(of: ["harmful"]), name: "harmful")])
    #expect(advice[0].strength == 0.6)
  }

  @Test("nothing is advised on evidence below the domain's bar", arguments: [0, 1, 2, 3, 4])
  func bar(_ flaw: Int) throws {
    var twin = try Self.twin()
    let reach = flaw == 1 ? 5.5 : 2
    let relative = flaw == 2 ? 0.2 : 0.8
    let verdict = flaw == 4 ? "no_evidence" : "better"
    twin.affect(
      "cream", [("hydration_index", 5, reach, verdict, relative)], q: flaw == 0 ? 0.06 : 0.01, days: flaw == 3 ? 29 : 60
    )
    #expect(try Self.products(twin).isEmpty)
    var good = try Self.twin()
    good.affect("cream", [("hydration_index", 5, 2, "better", 0.8)], q: 0.01, days: 30)
    #expect(try Self.products(good).count == 1)
  }

  @Test("a controllable factor is advised the way that is better, with an interval that its p value tells")
  func factors() throws {
    var twin = try Self.twin()
    twin.relate("sleep_hours", "hydration_index", r: 0.45, q: 0.0001)
    twin.relate("sleep_hours", "redness_index", r: -0.3, q: 0.001)
    twin.relate("sugar_grams", "redness_index", r: 0.35, lag: 0, label: "sugar")
    twin.relate("uv_index", "redness_index", r: 0.5, label: "UV index")
    twin.relate("stress_level", "hydration_index", r: 0.5, label: "stress")
    twin.relate("water_liters", "oil_balance", r: 0.5, label: "water")
    let advice = FactorAdvice().advice(on: try twin.evidence(), insights: [])
    #expect(Set(advice.map(\.actions)) == [["sleep longer"], ["eat less sugar"]])
    let sleep = try #require(advice.first { $0.actions == ["sleep longer"] })
    let impact = try #require(sleep.impact)
    #expect(impact.metric == "hydration_index", "what it is surest of")
    // Innovations of an autoregression of 0.5 with standard deviation 3.
    let spread = 3 * 0.75.squareRoot()
    #expect(abs(impact.mean - 0.45 * spread) < 0.15)
    // p = 1e-5: z = 4.417; atanh 0.45 = 0.4847 ± 1.96 · 0.4847 / 4.417.
    #expect(abs(impact.lower / impact.mean - 0.2633 / 0.45) < 0.002)
    #expect(abs(impact.upper / impact.mean - 0.6043 / 0.45) < 0.002)
    let sugar = try #require(advice.first { $0.actions == ["eat less sugar"] }?.impact)
    #expect(sugar.mean < 0 && sugar.lower < sugar.mean && sugar.mean < sugar.upper && sugar.upper < 0)
  }

  private static let pump = """
    domain: skincare
    summary: As skincare, with rules
    interval_seconds: 86400
    horizon: 10
    history_points: 1000
    metrics:
      - {name: redness_index, label: vibration, unit: mm/s, minimum: 0, maximum: 100, direction: lower}
    thresholds:
      - {metric: redness_index, above: 70, observations: 3, severity: medium}
      - {metric: redness_index, above: 85, observations: 3, severity: high}
    milestones:
      - {metric: redness_index, below: 60, observations: 10, label: quiet day}
    evidence: {q: 0.01, observations: 100, correlation: 0.4, effect: 1}
    insights: {most_open: 5, most_new: 4, period_days: 2.5, change_samples: 30, recent_samples: 10, trend_samples: 28}
    rules:
      - {when: risk, metric: redness_index, direction: up, severity: medium, title: Inspect pump 2,
         actions: [look at bearing 7, listen], priority: 2}
      - {when: any, metric: redness_index, direction: down, title: Never}
      - {when: trend, metric: redness_index, title: Nor this}
    """

  private static func pumps() throws -> DomainCatalog {
    let empty = "SELECT 1"
    let domain = try Domain(
      Domain.Files(definition: pump, schema: empty, register: empty, observations: empty, events: empty),
      twinsSchema: "public")
    return try DomainCatalog([domain], twinsSchema: "public")
  }

  @Test("a domain's rule quotes the insight that it rests on, numbers and jobs with it; milestones count")
  func rules() throws {
    let catalog = try Self.pumps()
    #expect(catalog.domains[0].evidence.q == 0.01 && catalog.domains[0].insights.periodDays == 2.5)
    let twin = try SimulatedTwin(["redness_index": Self.noise(60) + [72, 74, 86]], catalog: catalog)
    let found = try #require(try twin.findings().first { $0.subject.rule == "threshold" })
    let insight = try Self.stored(found, job: 21)
    let advice = DomainAdvice().advice(on: try twin.evidence(), insights: [insight])
    #expect(advice.map(\.priority) == [2] && advice[0].actions == ["look at bearing 7", "listen"])
    #expect(advice[0].story.title == "Inspect pump 2" && advice[0].type == "operation")
    #expect(
      advice[0].story.description
        == "What was seen: Vibration has been above 70.0 mm/s for 3 observations in a row.")
    #expect(PrintedNumbers.unaccounted(in: advice[0].story).isEmpty)
    #expect(advice[0].story.evidence.contains { $0.name == "observations" && $0.text == "3" && $0.job == 7 })

    let quiet = try SimulatedTwin(["redness_index": [72] + Self.noise(25).map { $0 - 10 }], catalog: catalog)
    let streak = try #require(try quiet.findings().first { $0.type == .milestone })
    #expect(streak.story.title == "Quiet day: 20 times in a row")
  }

  /// An insight as it is read back.
  private static func stored(_ finding: Finding, job: Int64) throws -> OpenInsight {
    let episode = Episode(twin: SimulatedTwin.id, finding, now: SimulatedTwin.date(63))
    let lineage = Lineage(of: SimulatedTwin.job(job), inputHash: "", domain: "skincare")
    let metadata = InsightMetadata(lineage: lineage, episode: episode, rank: nil)
    return try #require(
      OpenInsight(
        id: episode.id, title: finding.story.title, confidence: 1, dataPoints: finding.story.evidence.json,
        metadata: metadata.json))
  }

  @Test("a title whose numbers are not in its evidence is not quoted")
  func forged() {
    let row = EvidenceSource(.observation, job: 1).count("n", 3)
    #expect(Quote("it is 3", evidence: [row]) != nil)
    #expect(Quote("it is 4", evidence: [row]) == nil)
    #expect(Quote("it is 34", evidence: [row]) == nil)
  }

  // MARK: - Through time

  private static func advice(_ aspect: String = "keep", strength: Double = 1, priority: Int = 4, basis: String = "")
    -> Advice
  {
    Advice(
      subject: EpisodeSubject("product", factor: "cream", aspect: aspect), basis: basis, type: "product",
      priority: priority, strength: strength,
      story: Story(title: "t", description: [], source: EvidenceSource(.effect, job: 1)), products: [], actions: [],
      impact: nil)
  }

  /// The stored recommendations after some evaluations.
  private struct Shelf {
    var rows: [UUID: PriorRecommendation] = [:]

    mutating func evaluate(_ advice: [Advice]) {
      for entry in RecommendationTracker.update(
        rows.values.sorted { $0.number < $1.number }, with: advice, twin: SimulatedTwin.id)
      {
        let lineage = Lineage(of: SimulatedTwin.job(kind: "recommendation"), inputHash: "", domain: "skincare")
        let document = RecommendationMetadata(lineage: lineage, recommendation: entry.recommendation, restsOn: nil)
        rows[entry.recommendation.id] = PriorRecommendation(id: entry.recommendation.id, metadata: document.json)
      }
    }

    mutating func close(_ state: PriorRecommendation.State) { for id in rows.keys { rows[id]?.state = state } }

    var states: [PriorRecommendation.State] { rows.values.sorted { $0.number < $1.number }.map(\.state) }
  }

  @Test("what was ignored or finished does not come back, unless clearly stronger, more urgent or on another occasion")
  func comingBack() {
    for closed in [PriorRecommendation.State.ignored, .done] {
      for (advice, comes) in [
        (Self.advice(), false), (Self.advice(strength: 1.4), false), (Self.advice(strength: 0.5, priority: 5), false),
        (Self.advice(strength: 1.6), true), (Self.advice(priority: 3), true), (Self.advice(basis: "again"), true),
      ] {
        var shelf = Shelf()
        shelf.evaluate([Self.advice()])
        shelf.evaluate([Self.advice(strength: 1)])
        #expect(shelf.states == [.open])
        shelf.close(closed)
        for _ in 0..<3 { shelf.evaluate([advice]) }
        #expect(shelf.states == (comes ? [closed, .open] : [closed]))
        for _ in 0..<3 { shelf.evaluate([]) }
        #expect(shelf.states == (comes ? [closed, .withdrawn] : [closed]))
      }
    }
  }

  @Test("advice is withdrawn by the second evaluation that does not give it, and comes back in its row")
  func withdrawn() {
    var shelf = Shelf()
    shelf.evaluate([Self.advice()])
    shelf.evaluate([])
    #expect(shelf.states == [.open])
    shelf.evaluate([])
    #expect(shelf.states == [.withdrawn])
    shelf.evaluate([Self.advice()])
    #expect(shelf.states == [.open])
  }
}
