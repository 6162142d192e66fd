import Numerics
import Testing

@testable import Detection

@Suite("Trend")
struct TrendTests {
  @Test("slope, interval and p-value of the Nile are those of dense matrices and an exact t distribution")
  func nileTrend() throws {
    // numpy and scipy: V = φ^|i−j|, restricted likelihood, mixture over the same grid of φ.
    let trend = try #require(Trend(of: nile))
    #expect(abs(trend.slope + 2.7612560264) < 1e-8)
    #expect(abs(trend.autocorrelation - 0.4017197600) < 1e-8)
    #expect(abs(trend.end - 782.8186461366) < 1e-6)
    #expect(abs(trend.lower + 4.431838) < 2e-3 && abs(trend.upper + 1.107988) < 2e-3)
    #expect(abs(trend.p - 0.0027487635) < 2e-5)
    #expect(trend.count == 100 && trend.isSignificant)
  }

  @Test("with a history the noise is weighed by its likelihood there too, measurement noise included")
  func history() throws {
    // numpy and scipy: dense matrices of 94 kinds of noise, each weighed by both restricted likelihoods.
    let trend = try #require(Trend(of: Array(nile[60...]), history: Array(nile[..<60])))
    #expect(abs(trend.slope - 0.3833978888) < 1e-6)
    #expect(abs(trend.autocorrelation - 0.4092396216) < 1e-6)
    #expect(abs(trend.p - 0.85014413) < 5e-4)
    let short = try #require(Trend(of: Array(nile[60...]), history: Array(nile[41..<60])))
    #expect(short == Trend(of: Array(nile[60...])), "19 samples say nothing")
  }

  @Test("long memory under measurement noise is no trend to one who knows the history")
  func memory() {
    var noise = Noise(seed: 5)
    var (without, with) = (0, 0)
    for _ in 0..<200 {
      let slow = noise.autoregression(256, 0.93).map { $0 * (1 - 0.93 * 0.93).squareRoot() }
      let values = slow.map { $0 + 0.7 * noise.normal() }
      let window = Array(values[200...])
      if let trend = Trend(of: window), trend.p <= 0.01 { without += 1 }
      if let trend = Trend(of: window, history: Array(values[..<200])), trend.p <= 0.01 { with += 1 }
    }
    // Two of 200 are what the level allows.
    #expect(without >= 15 && with <= 6, "\(without) without, \(with) with")
  }

  @Test("missing samples are no samples, and their places count")
  func missing() throws {
    let holed = nile.indices.map { [3, 4].contains($0 % 7) ? .nan : nile[$0] }
    let trend = try #require(Trend(of: holed))
    #expect(abs(trend.slope + 2.6547701403) < 1e-8)
    #expect(abs(trend.autocorrelation - 0.4848459339) < 1e-8)
    #expect(abs(trend.lower + 4.714638) < 2e-3 && abs(trend.upper + 0.627240) < 2e-3)
  }

  @Test(
    "the 95 % interval holds the true slope in 91 to 99 of 100 series, autocorrelated or not",
    arguments: [0, 0.3, 0.6, 0.8])
  func coverage(phi: Double) {
    var noise = Noise(seed: 31)
    let held = (0..<300).count { _ in
      let errors = noise.autoregression(100, phi)
      guard let trend = Trend(of: errors.indices.map { errors[$0] + 0.1 * Double($0) }) else { return false }
      return trend.lower <= 0.1 && 0.1 <= trend.upper
    }
    #expect((273...297).contains(held))
  }

  @Test("a line without scatter has its slope, and fewer than eight samples have no trend")
  func edges() throws {
    let line = try #require(Trend(of: (0..<20).map { 3 + 0.5 * Double($0) }))
    #expect(abs(line.slope - 0.5) < 1e-9 && line.upper - line.lower < 1e-6 && line.isSignificant)
    let flat = try #require(Trend(of: [Double](repeating: 7, count: 20)))
    #expect(abs(flat.slope) < 1e-12 && abs(flat.end - 7) < 1e-9)
    #expect(Trend(of: [1, 2, 3, 4, 5, 6, 7, .nan]) == nil)
  }

  @Test("Wallace's approximation is within 0.0005 of the t distribution from six degrees of freedom on")
  func studentT() {
    // scipy.stats.t.cdf.
    for (t, freedom, chance) in [
      (-2.446912, 6, 0.025), (1.439756, 6, 0.9), (2.228139, 10, 0.975), (-1.660234, 100, 0.05), (0, 8, 0.5),
      (5.958816, 6, 0.9995),
    ] as [(Double, Double, Double)] {
      #expect(abs(StudentT.approximateCumulative(t, degrees: freedom) - chance) < 5e-4)
    }
  }
}
