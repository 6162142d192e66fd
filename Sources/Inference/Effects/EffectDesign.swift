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
    /// Drift and season, numbered together.
    let group: Int
  }

  /// Number of pairs of drift and season.
  let groups: Int

  /// Number of coefficients with a flat prior: mean, covariates, other interventions' steps, effect.
  let flatCount: Int

  /// How a metric may move by itself over the whole series, and the prior standard deviation of each column in units of
  /// the errors' stationary standard deviation. The wide ones hold whatever a metric may do: a straight line of hundreds
  /// of standard deviations is a line, and no effect. Each width more costs a likelihood its logarithm, so a narrow
  /// course is still believed where it is enough.
  private struct Drift {
    let spreads: [Double]
    let probability: Double
  }

  private static let drifts = [
    Drift(spreads: [], probability: 0.5), Drift(spreads: [1.5], probability: 0.3),
    Drift(spreads: [15], probability: 0.06), Drift(spreads: [150], probability: 0.04),
    Drift(spreads: [15, 15], probability: 0.06), Drift(spreads: [150, 150], probability: 0.04),
  ]
  /// Prior standard deviations of each wave of the season, and their probabilities: none, a light one, a closed day.
  private static let seasons: [(spread: Double?, probability: Double)] = [(nil, 0.5), (0.5, 0.4), (10, 0.1)]
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
    let curve = CalendarTerms.course(count)[1]
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
    let firstWave = first + 2
    let firstSlope = firstWave + waves.count
    let ownSlope = firstSlope + slopes.count
    columns = Matrix(
      rows: count, columns: flat + [trend, curve] + waves + slopes + [Self.slope(count, start: start)] + courses)
    flatCount = flat.count + 1

    var models: [Model] = []
    var group = 0
    for drift in Self.drifts {
      for season in waves.isEmpty ? [(spread: nil, probability: 1)] : Self.seasons {
        for (number, course) in EffectCourse.allCases.enumerated() {
          var positions = Array(0..<first)
          var precisions = [Double](repeating: 0, count: first)
          func add(_ range: Range<Int>, spread: Double) {
            positions += range
            precisions += range.map { _ in 1 / (spread * spread) }
          }
          for (index, spread) in drift.spreads.enumerated() { add(first + index..<first + index + 1, spread: spread) }
          if let spread = season.spread { add(firstWave..<firstSlope, spread: spread) }
          add(firstSlope..<ownSlope, spread: Self.slopeSpread)
          if course == .levelAndSlope { add(ownSlope..<(ownSlope + 1), spread: Self.slopeSpread) }
          // The two ramps share one of four equal parts.
          let share = course == .quickRamp || course == .slowRamp ? 0.5 : 1
          let constant = precisions.reduce(0) { $1 > 0 ? $0 + 0.5 * log($1) : $0 }
          models.append(
            Model(
              columns: positions + [ownSlope + 1 + number], precisions: precisions + [0],
              priorCount: precisions.count { $0 > 0 },
              logPrior: log(share * drift.probability * season.probability) + constant, course: course,
              hasTrend: !drift.spreads.isEmpty, group: group))
        }
        group += 1
      }
    }
    self.models = models
    groups = group
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
