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

  /// AR(1) errors with probability 0.9; with 0.1, persistent ones seen through measurement noise, as scores of
  /// photographs or questionnaires are: taken for AR(1), these give four times the false findings claimed. φ is
  /// uniform over each range.
  private static let errors =
    range([-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.86, 0.92, 0.96, 0.98], noise: 0, share: 0.9)
    + range([0.6, 0.7, 0.8, 0.86, 0.92, 0.96, 0.98], noise: 0.3, share: 0.05)
    + range([0.6, 0.7, 0.8, 0.86, 0.92, 0.96, 0.98], noise: 0.6, share: 0.05)

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
    var candidates: [Candidate] = []
    for errors in Self.errors {
      let phi = errors.phi
      let whitening = GapWhitening(observed: observed, phi: phi, noiseShare: errors.noiseShare)
      var columns = whitening(design.columns)
      columns.append(whitening(values))
      let products = columns.gram()
      let weight = log(errors.weight) - 0.5 * whitening.logDeterminant
      for (number, model) in design.models.enumerated() {
        guard let fit = Self.fit(model, products, stationary: 1 - phi * phi), fit.residualSumOfSquares > 0 else {
          continue
        }
        let variance = fit.residualSumOfSquares / degrees
        let priors = 0.5 * Double(model.priorCount) * log(1 - phi * phi)
        candidates.append(
          Candidate(
            logWeight: weight + model.logPrior + priors - 0.5 * fit.logDeterminant
              - 0.5 * degrees * log(fit.residualSumOfSquares),
            mean: fit.lastCoefficient, scale: (variance * fit.lastVariance).squareRoot(), model: number, phi: phi,
            errorVariance: variance / (1 - phi * phi)))
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
