import Glibc
import Testing

@testable import Inference

@Suite("Effect estimator")
struct EffectEstimatorTests {
  /// 100 days with a step of 3 on day 60, a covariate, AR(1) noise of spread 2 and six missing days.
  static func example() -> (y: [Double], x: [Double]) {
    var noise = SimulatedNoise(seed: 42)
    let x = noise.autoregression(100, 0.7)
    let errors = noise.autoregression(100, 0.5)
    var y = [Double](repeating: 20, count: 100)
    for day in 0..<100 { y[day] += 1.5 * x[day] + 2 * errors[day] }
    for day in 60..<100 { y[day] += 3 }
    for day in [5, 17, 18, 44, 71, 90] { y[day] = .nan }
    return (y, x)
  }

  @Test("the posterior agrees with one computed with dense matrices")
  func reference() throws {
    let (y, x) = Self.example()
    let estimate = try EffectEstimator().estimate(y, covariates: [x], start: 60)
    // numpy and scipy: inverse of the covariance matrix of each error structure, all models, quantiles by brentq.
    // The heaviest models that make up all but 10⁻⁴ of the weight are kept here.
    #expect(abs(estimate.effect - 1.549_936_828_438_671) < 4e-3)
    #expect(abs(estimate.lower + 0.372_021_812_245_531_44) < 4e-3)
    #expect(abs(estimate.upper - 3.169_213_732_649_586_4) < 4e-3)
    #expect(abs(estimate.p - 0.082_380_556_048_332_07) < 5e-4)
    #expect(abs(estimate.trendProbability - 0.279_302_192_160_704_7) < 2e-3)
    #expect(abs((estimate.courses[.level] ?? 0) - 0.126_645_387_304_732_7) < 1e-3)
    #expect(abs(estimate.autocorrelation - 0.461_985_956_177_394_8) < 1e-3)
    #expect(estimate.before == 56 && estimate.after == 38 && !estimate.isSignificant)
  }

  @Test("intervals hold what they claim, also for effects that grow", arguments: [0.0, 0.7])
  func coverage(phi: Double) throws {
    var noise = SimulatedNoise(seed: 77)
    var covered = 0
    var claimed = 0
    for trial in 0..<300 {
      let covariate = noise.autoregression(130, 0.8)
      let errors = noise.autoregression(130, phi)
      let size = Double(trial % 3) - 1
      var y = (0..<130).map { errors[$0] + 0.5 * covariate[$0] }
      var mean = 0.0
      for day in 90..<130 {
        let effect = trial.isMultiple(of: 2) ? size : size * Double(day - 89) / 40
        y[day] += effect
        mean += effect / 40
      }
      for day in 0..<130 where noise.uniform() < 0.1 { y[day] = .nan }
      let estimate = try EffectEstimator().estimate(y, covariates: [covariate], start: 90)
      if estimate.lower <= mean, mean <= estimate.upper { covered += 1 }
      if size == 0, estimate.isSignificant { claimed += 1 }
    }
    // Binomial with n = 300: 0.95 less three standard errors is 0.912.
    #expect(covered >= 274)
    // 100 without an effect: 5 expected, 12 is three standard errors above.
    #expect(claimed <= 12)
  }

  @Test(
    "what a metric does by itself is no effect",
    arguments: ["line", "curve", "growth", "strong week", "part of a year", "a line in gamma noise"])
  func ownCourse(_ name: String) throws {
    var noise = SimulatedNoise(seed: 31)
    var claimed = 0
    for _ in 0..<20 {
      let errors = noise.autoregression(120, 0)
      let y = errors.enumerated().map { day, error -> Double in
        let t = Double(day)
        return switch name {
        case "line": 0.2 * t + error
        case "curve": 0.002 * t * t + error
        case "growth": exp(t / 87) * (20 + error)
        case "strong week": (day % 7 == 6 ? 0 : 20) + error
        case "part of a year": 8 * sin(2 * .pi * t / 365) + error
        default: 0.2 * t + error * error
        }
      }
      claimed += try EffectEstimator().estimate(y, start: 60).isSignificant ? 1 : 0
    }
    // 20 without an effect: one expected.
    #expect(claimed <= 4)
  }

  @Test("an effect in a strong week is found as well as without")
  func closedDays() throws {
    var noise = SimulatedNoise(seed: 32)
    for _ in 0..<10 {
      let y = noise.autoregression(120, 0).enumerated().map { day, error in
        day % 7 == 6 ? 0 : 20 + error + (day >= 60 ? 2 : 0)
      }
      let estimate = try EffectEstimator().estimate(y, start: 60)
      #expect(estimate.lower > 0 && estimate.upper - estimate.lower < 2)
    }
  }

  @Test("p is a probability, however sure the sign")
  func probability() throws {
    let y = (0..<120).map { $0 < 60 ? 50 + Double($0 % 3) / 10 : 0 }
    let estimate = try EffectEstimator(season: 0).estimate(y, start: 60)
    #expect((0...1).contains(estimate.p) && estimate.upper < 0)
  }

  @Test("units of the metric are those of the effect")
  func units() throws {
    let (y, x) = Self.example()
    let plain = try EffectEstimator().estimate(y, covariates: [x], start: 60)
    let scaled = try EffectEstimator().estimate(
      y.map { 1e4 - 1e3 * $0 }, covariates: [x.map { 1e-6 * $0 + 1 }], start: 60)
    #expect(abs(scaled.effect + 1e3 * plain.effect) < 1e-4 && abs(scaled.lower + 1e3 * plain.upper) < 1e-4)
    #expect(abs(scaled.standardised + plain.standardised) < 1e-8)
  }

  @Test("overlapping interventions are told apart, each beside the other")
  func overlapping() throws {
    var noise = SimulatedNoise(seed: 9)
    var y = noise.autoregression(180, 0.3)
    for day in 60..<180 { y[day] += 4 }
    for day in 110..<180 { y[day] -= 3 }
    let first = try EffectEstimator().estimate(y, start: 60, others: [110])
    let second = try EffectEstimator().estimate(y, start: 110, others: [60])
    #expect(first.lower < 4 && 4 < first.upper && first.lower > 0)
    #expect(second.lower < -3 && -3 < second.upper && second.upper < 0)
    // Taken for the only one, the first is lent part of the second.
    let alone = try EffectEstimator().estimate(y, start: 60)
    #expect(abs(alone.effect - 4) > abs(first.effect - 4) && alone.upper - alone.lower > first.upper - first.lower)
    // Interventions outside of the observed time change nothing.
    #expect(
      try EffectEstimator().estimate(y, start: 60, others: [-5, 0, 300])
        == EffectEstimator().estimate(y, start: 60))
  }

  @Test("a covariate that hardly varies or is hardly seen is left out")
  func uselessCovariates() throws {
    let (y, x) = Self.example()
    let constant = [Double](repeating: 3, count: 100)
    let empty = [Double](repeating: .nan, count: 100)
    #expect(
      try EffectEstimator().estimate(y, covariates: [constant, x, empty], start: 60)
        == EffectEstimator().estimate(y, covariates: [x], start: 60))
  }

  @Test("effectiveness counts what got better and worse by size and certainty")
  func effectiveness() throws {
    var (y, x) = Self.example()
    for day in 60..<100 { y[day] += 3 }
    let up = try EffectEstimator().estimate(y, covariates: [x], start: 60)
    let down = try EffectEstimator().estimate(y.map { -$0 }, covariates: [x], start: 60)
    let unclear = try EffectEstimator().estimate(x, start: 60)
    let good = Effectiveness([(up, .higher, false), (down, .lower, false), (unclear, .higher, false)])
    #expect(good.improved == [0, 1] && good.worsened.isEmpty)
    #expect(Effectiveness([(unclear, .lower, false), (down, .higher, false)]).worsened == [1])
    #expect(Effectiveness([(up, .higher, true)]).score == 0.5)
    let share = (1 - up.p) * min(1, up.standardised)
    #expect(abs((Effectiveness([(up, .higher, false)]).score ?? 0) - (0.5 + 0.5 * share)) < 1e-12)
    #expect(abs((Effectiveness([(up, .higher, false), (up, .lower, false)]).score ?? 0) - 0.5) < 1e-12)
    #expect(Effectiveness([]).score == nil)
  }

  @Test("too little data is said, not estimated around")
  func refusals() {
    let (y, x) = Self.example()
    let estimator = EffectEstimator()
    #expect(throws: InferenceError.tooFewObservations(before: 3, after: 91, needed: 7)) {
      try estimator.estimate(y, start: 3)
    }
    #expect(throws: InferenceError.tooFewObservations(before: 89, after: 5, needed: 7)) {
      try estimator.estimate(y, start: 95)
    }
    #expect(throws: InferenceError.startOutside(start: 100, count: 100)) { try estimator.estimate(y, start: 100) }
    #expect(throws: InferenceError.inseparable(start: 60, other: 61)) {
      try estimator.estimate(y, start: 60, others: [61])
    }
    #expect(throws: InferenceError.constantSeries) {
      try estimator.estimate([Double](repeating: 2, count: 100), start: 50)
    }
    #expect(throws: InferenceError.unequalLengths(expected: 100, found: 99)) {
      try estimator.estimate(y, covariates: [Array(x.dropLast())], start: 60)
    }
    let many = (0..<20).map { shift in x.indices.map { x[($0 + shift) % 100] } }
    #expect(throws: InferenceError.tooManyColumns(columns: 22, observations: 29)) {
      try estimator.estimate(
        y.indices.map { (50..<80).contains($0) ? y[$0] : .nan }, covariates: many, start: 60)
    }
    #expect(throws: InferenceError.invalidLevel(95)) { try EffectEstimator(level: 95).estimate(y, start: 60) }
  }
}
