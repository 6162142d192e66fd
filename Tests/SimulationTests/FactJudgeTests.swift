import FoundationEssentials
import Testing

@testable import Simulation

@Suite("Truth of statements")
struct FactJudgeTests {
  /// Redness: sleep lowers it two days later, the cream (days 40…79) raises it by 5 points, a regime change on day 100
  /// lowers it by 6, a spike on day 130; stuck on days 140…149. Nothing acts on the pores.
  static let twin: SimulatedTwin = {
    let days = 180
    let noise = SimulatedNoise(autocorrelation: 0.5, spread: 4, measurement: 0, isHeavy: false)
    let expected = (0..<days).map { 50 + ((40..<80).contains($0) ? 5.0 : 0) - ($0 >= 100 ? 6 : 0) }
    let redness = SimulatedMetric(
      name: "redness_index", recorded: expected.enumerated().map { $0.offset == 20 ? .nan : $0.element },
      expected: expected, noise: noise, chances: (0..<days).map { $0 == 160 ? 0.0001 : 0.5 }, level: 50, weekly: false,
      actions: [FactorAction(factor: 0, lag: 2, size: -2)],
      effects: [ProductEffect(product: 0, size: 5, timeConstant: 0)], trend: nil,
      shifts: [LevelShift(day: 100, size: -6)], spikes: [LevelShift(day: 130, size: 20)], stuck: [140..<150])
    let pores = SimulatedMetric(
      name: "pore_score", recorded: [Double](repeating: 50, count: days),
      expected: [Double](repeating: 50, count: days), noise: noise, chances: [Double](repeating: 0.5, count: days),
      level: 50, weekly: false, actions: [], effects: [], trend: nil, shifts: [], spikes: [], stuck: [])
    let flat = [Double](repeating: 0, count: days)
    let sleep = SimulatedFactor(
      name: "sleep_hours", place: .lifestyle, recorded: flat,
      deviations: flat + [Double](repeating: 0, count: SimulatedFactor.lead))
    return SimulatedTwin(
      number: 0, id: UUID(), start: Date(timeIntervalSince1970: 0), days: days, isQuiet: false, factors: [sleep],
      products: [SimulatedProduct(name: "cream", used: 40..<80)], metrics: [redness, pores],
      isScanned: [Bool](repeating: true, count: days), gaps: [])
  }()

  private func judge(
    _ kind: FactKind, _ metric: String = "redness_index", cause: String? = nil, direction: Int? = nil, lag: Int? = nil,
    days: ClosedRange<Int>? = nil, detail: String? = nil
  ) -> Bool {
    FactJudge(twin: Self.twin).judge(
      StatedFact(
        kind: kind, twin: 0, metric: metric, cause: cause, direction: direction, lag: lag, days: days, detail: detail)
    ).isTrue
  }

  @Test("a correlation needs the factor, the metric, the sign, and the lag within a day")
  func correlation() {
    #expect(judge(.correlation, cause: "sleep_hours", direction: -1, lag: 2))
    #expect(judge(.correlation, cause: "sleep_hours", direction: -1, lag: 3))
    #expect(!judge(.correlation, cause: "sleep_hours", direction: -1, lag: 4))
    #expect(!judge(.correlation, cause: "sleep_hours", direction: 1, lag: 2))
    #expect(!judge(.correlation, "pore_score", cause: "sleep_hours", direction: -1, lag: 2))
    #expect(!judge(.correlation, cause: "stress_level", direction: -1, lag: 2))
    #expect(judge(.correlation, cause: "cream", direction: 1, lag: 7))
  }

  @Test("an effect, and what rests on one, needs product, metric and direction")
  func effect() {
    for kind in [FactKind.effect, .opportunity, .risk, .recommendation] {
      #expect(judge(kind, cause: "cream", direction: 1))
      #expect(!judge(kind, cause: "cream", direction: -1))
      #expect(!judge(kind, "pore_score", cause: "cream", direction: 1))
    }
    #expect(!judge(.recommendation))
  }

  @Test("a regime beside a product's start decides nothing when the oracle cannot tell them apart")
  func undecidable() {
    func score(_ day: Int) -> ChainScore {
      let whole = Self.twin
      let old = whole.metrics[1]
      let pores = SimulatedMetric(
        name: old.name, recorded: old.recorded, expected: old.expected, noise: old.noise, chances: old.chances,
        level: old.level, weekly: old.weekly, actions: [], effects: [], trend: nil,
        shifts: [LevelShift(day: day, size: 8)], spikes: [], stuck: [])
      let twin = SimulatedTwin(
        number: 0, id: whole.id, start: whole.start, days: whole.days, isQuiet: false, factors: whole.factors,
        products: whole.products, metrics: [whole.metrics[0], pores], isScanned: whole.isScanned, gaps: [])
      return ChainScore(
        [
          StatedFact(kind: .effect, twin: 0, metric: "redness_index", cause: "cream", direction: 1),
          StatedFact(kind: .effect, twin: 0, metric: "pore_score", cause: "cream", direction: 1),
        ], about: [twin])
    }
    for (day, undecidable) in [(40, 1), (50, 0), (100, 0)] {
      let score = score(day)
      #expect(score.overall.undecidable == undecidable && score.overall.undecidableAndFalse == undecidable, "\(day)")
      #expect(score.kinds["effect"]?.undecidable == undecidable)
      #expect(score.overall.trueOfStated.count == 1 && score.overall.trueOfStated.of == 2 - undecidable)
      #expect(score.kinds["effect"]?.trueOfStated.of == 2 - undecidable)
    }
  }

  @Test("a change needs something that begins nearby, in its direction")
  func change() {
    #expect(judge(.change, direction: -1, days: 104...104))
    #expect(!judge(.change, direction: 1, days: 104...104))
    #expect(judge(.change, direction: 1, days: 41...41))
    #expect(!judge(.change, direction: 1, days: 60...60))
    #expect(!judge(.change, "pore_score", direction: 1, days: 41...41))
    #expect(!judge(.change, direction: nil, days: 60...60, detail: "restless"))
  }

  @Test("a trend goes where the expected path goes in these days")
  func trend() {
    #expect(judge(.trend, direction: -1, days: 70...140))
    #expect(!judge(.trend, direction: 1, days: 70...140))
    #expect(!judge(.trend, direction: -1, days: 110...170))
    #expect(!judge(.trend, "pore_score", direction: 1, days: 0...179))
  }

  @Test("an anomaly is a spike, a change, a stuck sensor or a rare day")
  func anomaly() {
    for day in [130, 129, 100, 145, 160] { #expect(judge(.anomaly, days: day...day), "\(day)") }
    #expect(!judge(.anomaly, days: 120...120))
    #expect(!judge(.anomaly, "pore_score", days: 130...130))
  }

  @Test("a stuck sensor must have been stuck, a gap empty")
  func quality() {
    #expect(judge(.dataQuality, days: 141...141, detail: "stuck"))
    #expect(!judge(.dataQuality, days: 30...30, detail: "stuck"))
    #expect(judge(.dataQuality, days: 20...20, detail: "gap"))
    #expect(!judge(.dataQuality, days: 20...21, detail: "gap"))
    #expect(!judge(.dataQuality, days: 20...20, detail: "unit"))
  }

  @Test("found is what a true statement is about; quiet twins' statements are counted apart")
  func score() {
    func fact(_ kind: FactKind, _ metric: String, _ cause: String?, _ direction: Int, _ lag: Int?) -> StatedFact {
      StatedFact(kind: kind, twin: 0, metric: metric, cause: cause, direction: direction, lag: lag)
    }
    let score = ChainScore(
      [
        fact(.correlation, "redness_index", "sleep_hours", -1, 2),
        fact(.correlation, "pore_score", "sleep_hours", -1, 2), fact(.effect, "redness_index", "cream", -1, nil),
      ], about: [Self.twin])
    #expect(score.overall.trueOfStated.count == 1)
    #expect(score.overall.trueOfStated.of == 3)
    #expect(score.kinds["correlation"]?.foundOfPlanted?.share == 1)
    #expect(score.kinds["effect"]?.foundOfPlanted?.share == 0)
    #expect(score.kinds["correlation"]?.falseBecause == ["the factor does not act on it": 1])
    #expect(score.overall.quietTwins == 0)
  }
}
