import Glibc
import Numerics

/// One metric and the factors that explain it, found step by step.
struct MetricModel {
  private let values: [Double]
  private let observed: [Int]
  private var design: Matrix
  private let factors: LaggedFactors
  private let measure: CorrelationSearch.Measure

  /// A factor at its lag.
  private struct Term: Equatable {
    let factor: Int
    let lag: Int
  }

  /// p, times the number of factors, below which a factor enters the model of the metric. Too high, and factors of
  /// chance explain the noise away that the others are measured against: with 0.12 the false discovery rate doubles.
  private static let entry = 0.025
  /// Rounds after which a set of factors that keeps changing is left as it is.
  private static let rounds = 4
  private static let grid =
    stride(from: -0.4, to: 0.88, by: 0.05).map { $0 } + [0.9, 0.915, 0.93, 0.945, 0.96, 0.975, 0.99]

  /// nil when too little is observed, or nothing varies.
  init?(_ metric: [Double], factors: LaggedFactors, season: Int, measure: CorrelationSearch.Measure) {
    let observed = metric.indices.filter { !metric[$0].isNaN }
    guard observed.count >= CorrelationSearch.fewestObservations else { return nil }
    guard let scaled = try? StandardisedSeries(metric, observed: observed) else { return nil }
    values = scaled.filled
    self.observed = observed
    self.factors = factors
    self.measure = measure
    design = Self.design(values, observed: observed, season: season)
  }

  /// Mean, course and season; the season's shape beyond one wave only where BIC asks for it.
  private static func design(_ values: [Double], observed: [Int], season: Int) -> Matrix {
    let count = values.count
    let plain = Matrix(
      rows: count,
      columns: [[Double](repeating: 1, count: count)] + CalendarTerms.course(count)
        + CalendarTerms.season(count, period: season, harmonics: 1...1))
    guard season > 2 else { return plain }
    let shape = CalendarTerms.season(count, period: season, harmonics: 2...3)
    var full = plain
    for column in shape { full.append(column) }
    guard observed.count > 4 * full.columns else { return plain }
    let phi = RestrictedLikelihood.phi(values, design: plain, observed: observed, grid: grid)
    let whitening = GapWhitening(observed: observed, phi: phi)
    func rest(_ design: Matrix) -> Double {
      var y = Matrix(rows: observed.count, columns: [whitening(values)])
      y.removeProjection(on: whitening(design).orthonormalised())
      return y.values.norm
    }
    let n = Double(observed.count)
    let gain = 2 * n * log(rest(plain) / max(rest(full), 1e-300))
    return gain > Double(shape.count) * log(n) ? full : plain
  }

  /// The tests of all usable factors. Cycles that the metric shares with a factor that seems to go with it are taken out,
  /// and all is tested anew: what is left is not the calendar's.
  /// - Parameter cycles: what a usable factor repeats, by its number.
  mutating func tests(metric: Int, cycles: (Int) -> [Cycle]) -> [CorrelationTest] {
    var tests = tests(metric: metric)
    var own: [Cycle]?
    for _ in 1..<Self.rounds {
      let suspects = factors.indices.indices.filter { tests[$0].p <= Self.suspicion }
      guard !suspects.isEmpty else { break }
      let known = own ?? CycleSearch.cycles(of: values, observed: observed, design: design)
      let others = suspects.flatMap(cycles)
      let shared = known.filter { cycle in others.contains { $0.mayShareCalendar(with: cycle, count: values.count) } }
      own = known.filter { !shared.contains($0) }
      guard !shared.isEmpty else { break }
      var wider = design
      for column in shared.flatMap({ $0.columns(values.count) }) { wider.append(column) }
      wider = wider.orthonormalised()
      guard observed.count >= wider.columns + CorrelationSearch.fewestObservations else { break }
      design = wider
      tests = self.tests(metric: metric)
    }
    return tests
  }

  /// p below which a pair is looked at for a calendar that both keep.
  private static let suspicion = 0.1

  private func tests(metric: Int) -> [CorrelationTest] {
    var accepted: [Term] = []
    var tests: [CorrelationTest] = []
    for round in 1...Self.rounds {
      tests = self.tests(metric: metric, given: accepted)
      guard round < Self.rounds else { break }
      let next = entering(tests)
      if next == accepted { break }
      accepted = next
    }
    return tests
  }

  /// The terms of the next round, the surest first; never more than a twentieth of the observations.
  private func entering(_ tests: [CorrelationTest]) -> [Term] {
    let sure = tests.indices.filter { tests[$0].p * Double(tests.count) < Self.entry }
    let order = sure.sorted { (tests[$0].p, -abs(tests[$0].r), $0) < (tests[$1].p, -abs(tests[$1].r), $1) }
    return order.prefix(max(1, observed.count / 20)).map { Term(factor: $0, lag: tests[$0].lag) }
  }

  private func tests(metric: Int, given accepted: [Term]) -> [CorrelationTest] {
    let chosen = accepted.map { $0.factor * factors.lags + $0.lag }
    var mean = design
    for column in chosen { mean.append(factors.columns[column: column]) }
    let phi = RestrictedLikelihood.phi(values, design: mean, observed: observed, grid: Self.grid)
    let whitening = GapWhitening(observed: observed, phi: phi)

    var y = Matrix(rows: observed.count, columns: [whitening(values)])
    var calendar = whitening(design)
    var shifted = whitening(factors.columns)
    let basis = joined(calendar, shifted.selecting(chosen)).orthonormalised()
    var residuals = y
    residuals.removeProjection(on: basis)
    let filter = ShortFilter(residuals: residuals.values)
    (y, calendar, shifted) = (filter(y), filter(calendar), filter(shifted))

    let all = GivenFactors(y: y, basis: joined(calendar, shifted.selecting(chosen)), measure: measure)
    let window = (observed.first ?? 0)...(observed.last ?? 0)
    return factors.indices.indices.map { factor in
      // An accepted factor is tested given the others.
      let others = accepted.filter { $0.factor != factor }
      let given =
        others.count == accepted.count
        ? all
        : GivenFactors(
          y: y, basis: joined(calendar, shifted.selecting(others.map { $0.factor * factors.lags + $0.lag })),
          measure: measure)
      let best = given.strongest(shifted.selecting(factors.range(factor)))
      return CorrelationTest(
        factor: factors.indices[factor], metric: metric, lag: best.lag, r: best.r, valuesR: best.plain, count: y.rows,
        p: best.p,
        given: others.map { factors.indices[$0.factor] }, window: window)
    }
  }

  private func joined(_ left: Matrix, _ right: Matrix) -> Matrix {
    var result = left
    for j in 0..<right.columns { result.append(right[column: j]) }
    return result
  }
}
