import Glibc
import Numerics
import Testing

@testable import Inference

@Suite("Regression")
struct RegressionTests {
  @Test("a mixture's quantiles agree with root finding in scipy")
  func mixture() {
    let mixture = StudentMixture(
      parts: [
        .init(weight: 0.2, mean: -1, scale: 0.5), .init(weight: 0.5, mean: 0, scale: 1),
        .init(weight: 0.3, mean: 2, scale: 2),
      ], degrees: 12)
    #expect(abs(mixture.quantile(0.025) + 2.176_885_352_907_466_7) < 1e-8)
    #expect(abs(mixture.quantile(0.5) - 0.024_881_214_488_488_092) < 1e-8)
    #expect(abs(mixture.quantile(0.975) - 4.948_911_935_753_739) < 1e-7)
  }

  @Test(
    "whitening over gaps has the covariance of AR(1) errors under noise",
    arguments: [(-0.4, 0), (0, 0), (0.3, 0), (0.9, 0), (0.9, 0.3), (0.6, 0.6)])
  func whitening(phi: Double, noise: Double) {
    // The transform of each unit vector gives W; WᵀW must be the inverse of the covariances: φ^|i−j| (1 − noise), and
    // 1 on the diagonal, over 1 − φ².
    let observed = [0, 1, 4, 5, 9]
    let whitening = GapWhitening(observed: observed, phi: phi, noiseShare: noise)
    let columns = observed.map { day in whitening((0..<10).map { $0 == day ? 1.0 : 0 }) }
    for i in observed.indices {
      for j in observed.indices {
        var sum = 0.0
        for k in observed.indices {
          let precision = zip(columns[i], columns[k]).reduce(0) { $0 + $1.0 * $1.1 }
          let state = (1 - noise) * pow(phi, Double(abs(observed[k] - observed[j])))
          sum += precision * (state + (k == j ? noise : 0)) / (1 - phi * phi)
        }
        #expect(abs(sum - (i == j ? 1 : 0)) < 1e-12)
      }
    }
  }

  @Test("the restricted likelihood agrees with dense matrices")
  func restrictedLikelihood() {
    let metric = EffectEstimatorTests.example()
    let observed = metric.y.indices.filter { !metric.y[$0].isNaN }
    let mean = observed.reduce(0) { $0 + metric.y[$1] } / 94
    let spread = (observed.reduce(0) { $0 + (metric.y[$1] - mean) * (metric.y[$1] - mean) } / 94).squareRoot()
    let y = metric.y.map { $0.isNaN ? 0 : ($0 - mean) / spread }
    let trend = (0..<100).map { Double($0 - 60) / 100 }
    let design = Matrix(rows: 100, columns: [[Double](repeating: 1, count: 100), trend])
    // numpy: inverse and determinant of the covariance matrix of the observed samples.
    let near = RestrictedLikelihood.value(y, design: design, observed: observed, phi: 0.6)
    let far = RestrictedLikelihood.value(y, design: design, observed: observed, phi: -0.2)
    #expect(abs(near + 198.000_638_314_954_56) < 1e-8)
    #expect(abs(far + 220.372_271_611_736_73) < 1e-8)
  }

  @Test("a gap takes the conditional mean of AR(1), and the time before decays to the mean")
  func conditionalMean() {
    let filled = ConditionalMean.filled([2, .nan, .nan, -1, .nan], observed: [0, 3], phi: 0.5, before: 2)
    // E[x₁ | x₀, x₃] = Σ₁₂ Σ₂₂⁻¹ (2, −1) with covariances 0.5^|i−j|.
    let determinant = 1 - 0.125 * 0.125
    let first = ((0.5 - 0.25 * 0.125) * 2 + (0.25 - 0.5 * 0.125) * -1) / determinant
    let second = ((0.25 - 0.5 * 0.125) * 2 + (0.5 - 0.25 * 0.125) * -1) / determinant
    for (value, expected) in zip(filled, [0.5, 1, 2, first, second, -1, -0.5]) {
      #expect(abs(value - expected) < 1e-12)
    }
  }

  @Test("the short filter leaves white noise alone and finds a second order")
  func shortFilter() {
    var noise = SimulatedNoise(seed: 3)
    let white = (0..<300).map { _ in noise.normal() }
    #expect(ShortFilter(residuals: white).coefficients.isEmpty)
    var second = Array(white.prefix(2))
    for t in 2..<300 { second.append(0.5 * second[t - 1] - 0.4 * second[t - 2] + white[t]) }
    let found = ShortFilter(residuals: second).coefficients
    #expect(found.count >= 2 && abs(found[0] - 0.5) < 0.12 && abs(found[1] + 0.4) < 0.12)
  }

  @Test("a season of seven has three waves, one of two a single column")
  func season() {
    #expect(CalendarTerms.season(14, period: 7, harmonics: 1...3).count == 6)
    #expect(CalendarTerms.season(14, period: 2, harmonics: 1...3) == [(0..<14).map { $0 % 2 == 0 ? 1.0 : -1 }])
    #expect(CalendarTerms.season(14, period: 0, harmonics: 1...3).isEmpty)
  }
}
