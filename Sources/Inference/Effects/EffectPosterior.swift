import Glibc
import Numerics

/// The posterior of the mean effect over all models and AR coefficients.
struct EffectPosterior {
  /// Of the mean effect, in the units of the values.
  let mixture: StudentMixture
  /// Posterior probabilities of the courses.
  let courses: [EffectCourse: Double]
  let trendProbability: Double
  /// Posterior mean of φ.
  let autocorrelation: Double
  /// Stationary standard deviation of the errors: posterior root mean square.
  let errorSpread: Double
  /// Log of the marginal likelihood, up to a constant that the values alone decide.
  let logEvidence: Double

  /// A structure of the errors and its prior probability.
  private struct Errors {
    let phi: Double
    let noiseShare: Double
    let weight: Double
  }

  /// AR(1) errors with probability 0.65, φ uniform; with 0.3, persistent ones seen through measurement noise, as scores of
  /// photographs or questionnaires are: taken for AR(1), these give four times the false findings claimed; with 0.05 a
  /// level that hardly ever comes back.
  private static let errors =
    range([-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.86, 0.92, 0.96, 0.98], noise: 0, share: 0.65)
    + wandering.map { Errors(phi: $0, noiseShare: 0.3, weight: 0.15 / Double(wandering.count)) }
    + wandering.map { Errors(phi: $0, noiseShare: 0.6, weight: 0.15 / Double(wandering.count)) }

    + [Errors(phi: 0.995, noiseShare: 0, weight: 0.05)]

  /// Levels that wander for longer and longer.
  private static let wandering = [0.6, 0.8, 0.9, 0.95, 0.98, 0.995]

  /// Each point stands for half of the distance between its neighbours.
  private static func range(_ grid: [Double], noise: Double, share: Double) -> [Errors] {
    let length = 2 * (grid[grid.count - 1] - grid[0])
    return grid.indices.map { i in
      let width = grid[min(i + 1, grid.count - 1)] - grid[max(i - 1, 0)]
      return Errors(phi: grid[i], noiseShare: noise, weight: share * width / length)
    }
  }

  /// Parts of less weight than this share of the heaviest are left out.
  private static let negligible = 1e-4

  /// By how much another course may be likelier than these two, as a logarithm.
  private static let otherCourses = 3.0

  /// The cross-products of all columns and the values, whitened for one structure of the errors.
  private struct System {
    let products: Matrix
    let phi: Double
    let logWeight: Double

    init(_ errors: Errors, _ values: [Double], observed: [Int], design: EffectDesign) {
      let whitening = GapWhitening(observed: observed, phi: errors.phi, noiseShare: errors.noiseShare)
      var columns = whitening(design.columns)
      columns.append(whitening(values))
      products = columns.gram()
      phi = errors.phi
      logWeight = log(errors.weight) - 0.5 * whitening.logDeterminant
    }

    /// nil where the columns are collinear.
    func candidate(_ model: EffectDesign.Model, _ number: Int, degrees: Double) -> Candidate? {
      guard let fit = EffectPosterior.fit(model, products, stationary: 1 - phi * phi), fit.residualSumOfSquares > 0
      else { return nil }
      let variance = fit.residualSumOfSquares / degrees
      let priors = 0.5 * Double(model.priorCount) * log(1 - phi * phi)
      return Candidate(
        logWeight: logWeight + model.logPrior + priors - 0.5 * fit.logDeterminant
          - 0.5 * degrees * log(fit.residualSumOfSquares),
        mean: fit.lastCoefficient, scale: (variance * fit.lastVariance).squareRoot(), model: number, phi: phi,
        errorVariance: variance / (1 - phi * phi))
    }
  }

  private struct Candidate {
    let logWeight: Double
    let mean: Double
    let scale: Double
    /// Position of the model in the design.
    let model: Int
    let phi: Double
    let errorVariance: Double
  }

  /// nil when no model can be fitted.
  /// - Parameter values: n samples, anything finite where missing.
  init?(_ values: [Double], observed: [Int], design: EffectDesign) {
    let degrees = Double(observed.count - design.flatCount)
    let systems = Self.errors.map { System($0, values, observed: observed, design: design) }
    var candidates: [Candidate] = []
    // At once or slowly: these two tell which errors, drifts and seasons are worth the other courses.
    var surest = [Double](repeating: -.infinity, count: systems.count * design.groups)
    for (index, system) in systems.enumerated() {
      for (number, model) in design.models.enumerated() where model.course == .level || model.course == .slope {
        guard let candidate = system.candidate(model, number, degrees: degrees) else { continue }
        candidates.append(candidate)
        let place = index * design.groups + model.group
        surest[place] = max(surest[place], candidate.logWeight)
      }
    }
    let bar = (surest.max() ?? 0) + log(Self.negligible) - Self.otherCourses
    for (index, system) in systems.enumerated() {
      for (number, model) in design.models.enumerated()
      where model.course != .level && model.course != .slope && surest[index * design.groups + model.group] > bar {
        if let candidate = system.candidate(model, number, degrees: degrees) { candidates.append(candidate) }
      }
    }
    let top = candidates.reduce(-Double.infinity) { max($0, $1.logWeight) }
    guard top.isFinite else { return nil }
    candidates.removeAll { $0.logWeight - top < log(Self.negligible) }
    let weights = candidates.map { exp($0.logWeight - top) }
    let total = weights.reduce(0, +)
    logEvidence = top + log(total)

    var courses = Dictionary(uniqueKeysWithValues: EffectCourse.allCases.map { ($0, 0.0) })
    var trend = 0.0
    var phi = 0.0
    var variance = 0.0
    var parts: [StudentMixture.Part] = []
    for (candidate, weight) in zip(candidates, weights) {
      let share = weight / total
      let model = design.models[candidate.model]
      courses[model.course, default: 0] += share
      if model.hasTrend { trend += share }
      phi += share * candidate.phi
      variance += share * candidate.errorVariance
      parts.append(StudentMixture.Part(weight: share, mean: candidate.mean, scale: candidate.scale))
    }
    mixture = StudentMixture(parts: parts, degrees: degrees)
    self.courses = courses
    trendProbability = trend
    autocorrelation = phi
    errorSpread = variance.squareRoot()
  }

  /// The posterior under one model and coefficient: with normal priors of precision P (1 − φ²)/σ² the cross-products
  /// become XᵀΩ⁻¹X + P (1 − φ²), and all formulas of least squares hold (Gelman et al. 2013, section 14.8).
  private static func fit(
    _ model: EffectDesign.Model, _ products: Matrix, stationary: Double
  ) -> AugmentedCholesky? {
    let size = model.columns.count + 1
    let rows = products.rows
    let system = [Double](unsafeUninitializedCapacity: size * size) { out, count in
      products.values.withUnsafeBufferPointer { products in
        for j in 0..<size {
          let column = j + 1 < size ? model.columns[j] : rows - 1
          for i in j..<size {
            let row = i + 1 < size ? model.columns[i] : rows - 1
            // Only the lower triangle of the products is there.
            out[i + j * size] = products[max(row, column) + min(row, column) * rows]
          }
          for i in 0..<j { out[i + j * size] = 0 }
          if j + 1 < size { out[j + j * size] += model.precisions[j] * stationary }
        }
      }
      count = size * size
    }
    return AugmentedCholesky(system, size: size)
  }
}
