import Glibc
import Numerics

/// The regressors of an intervention, and the models that are averaged over.
struct EffectDesign {
  /// n rows: the flat columns, trend, season, other interventions' slopes, own slope, one column for each course.
  let columns: Matrix
  /// The models.
  let models: [Model]

  /// Columns and prior of one model.
  struct Model {
    /// Positions in `columns`; the last is the course, whose coefficient is the mean effect.
    let columns: [Int]
    /// Prior precision of each coefficient in units of the errors' stationary variance; 0: flat.
    let precisions: [Double]
    /// Coefficients with a prior that is not flat.
    let priorCount: Int
    /// Log of the prior probability, and of the priors' densities' constant ½ Σ log precision.
    let logPrior: Double
    let course: EffectCourse
    let hasTrend: Bool
  }

  /// Number of coefficients with a flat prior: mean, covariates, other interventions' steps, effect.
  let flatCount: Int

  // Prior standard deviations, in units of the errors' stationary standard deviation. Too small, and the interval is
  // too short where the world is livelier; too large, and the models that need them are never believed.
  /// Of the change that a trend makes over the whole series.
  private static let trendSpread = 1.5
  /// Of each wave of the season.
  private static let seasonSpread = 0.5
  /// Of the change that a slope makes beside a level.
  private static let slopeSpread = 1.0

  /// - Parameter covariates: complete, n samples each.
  /// - Parameter others: starts of other interventions, inside of the series.
  init(count: Int, start: Int, covariates: [[Double]], others: [Int], season: Int) {
    var flat = [[Double](repeating: 1, count: count)] + covariates
    var slopes: [[Double]] = []
    for other in others {
      flat.append(Self.course(count, start: other) { _ in 1 })
      slopes.append(Self.slope(count, start: other))
    }
    let trend = (0..<count).map { Double($0 - start) / Double(count) }
    let waves = CalendarTerms.season(count, period: season, harmonics: 1...3)
    let after = Double(count - start)
    let courses = EffectCourse.allCases.map { course in
      switch course {
      case .level, .levelAndSlope: Self.course(count, start: start) { _ in 1 }
      case .slope: Self.course(count, start: start) { $0 / after }
      case .quickRamp: Self.course(count, start: start) { 1 - exp(-$0 / 5) }
      case .slowRamp: Self.course(count, start: start) { 1 - exp(-$0 / 20) }
      }
    }
    let first = flat.count
    let firstWave = first + 1
    let firstSlope = firstWave + waves.count
    let ownSlope = firstSlope + slopes.count
    columns = Matrix(
      rows: count, columns: flat + [trend] + waves + slopes + [Self.slope(count, start: start)] + courses)
    flatCount = flat.count + 1

    var models: [Model] = []
    for hasTrend in [false, true] {
      for hasSeason in waves.isEmpty ? [false] : [false, true] {
        for (number, course) in EffectCourse.allCases.enumerated() {
          var positions = Array(0..<first)
          var precisions = [Double](repeating: 0, count: first)
          func add(_ range: Range<Int>, spread: Double) {
            positions += range
            precisions += range.map { _ in 1 / (spread * spread) }
          }
          if hasTrend { add(first..<firstWave, spread: Self.trendSpread) }
          if hasSeason { add(firstWave..<firstSlope, spread: Self.seasonSpread) }
          add(firstSlope..<ownSlope, spread: Self.slopeSpread)
          if course == .levelAndSlope { add(ownSlope..<(ownSlope + 1), spread: Self.slopeSpread) }
          // Trend and season: as probable as not. The two ramps share one of four equal parts.
          let share = course == .quickRamp || course == .slowRamp ? 0.5 : 1
          let constant = precisions.reduce(0) { $1 > 0 ? $0 + 0.5 * log($1) : $0 }
          models.append(
            Model(
              columns: positions + [ownSlope + 1 + number], precisions: precisions + [0],
              priorCount: precisions.count { $0 > 0 }, logPrior: log(share) + constant, course: course,
              hasTrend: hasTrend))
        }
      }
    }
    self.models = models
  }

  /// 0 before the start, then f(1), f(2) …, scaled to a mean of 1.
  private static func course(_ count: Int, start: Int, _ f: (Double) -> Double) -> [Double] {
    let values = (0..<count).map { $0 < start ? 0 : f(Double($0 - start + 1)) }
    let mean = values.reduce(0, +) / Double(count - start)
    return values.map { $0 / mean }
  }

  /// 0 before the start, then a line from −½ to ½ of mean 0: what a slope adds to a level without moving the mean.
  private static func slope(_ count: Int, start: Int) -> [Double] {
    let after = Double(count - start)
    return (0..<count).map { index -> Double in
      guard index >= start else { return 0 }
      return (Double(index - start) + 0.5) / after - 0.5
    }
  }
}
