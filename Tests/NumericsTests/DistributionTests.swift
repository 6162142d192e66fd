import Glibc
import Testing

@testable import Numerics

@Suite("Distributions")
struct DistributionTests {
  @Test("distributions agree with published values, also far in the tail")
  func distributions() {
    // Tables of Student's t, 0.975.
    #expect(abs(StudentT.quantile(0.975, degrees: 1) - 12.706_204_736_174_7) < 1e-9)
    #expect(abs(StudentT.quantile(0.975, degrees: 10) - 2.228_138_851_964_94) < 1e-10)
    // scipy 1.17: 2·t.sf(30, 20), t.cdf(−1.3, 7), norm.ppf(0.975).
    #expect(abs(StudentT.twoSided(-30, degrees: 20) / 4.195_225_323_999_654e-18 - 1) < 1e-10)
    #expect(abs(StudentT.cumulative(-1.3, degrees: 7) - 0.117_383_917_696_188_62) < 1e-14)
    #expect(abs(NormalDistribution.quantile(0.975) - 1.959_963_984_540_054) < 1e-14)
  }

  @Test(
    "normal quantiles agree with scipy's norm.ppf",
    arguments: [
      (0.5, 0.0), (0.6, 0.2533471031357997), (0.9, 1.2815515655446004), (0.975, 1.959963984540054),
      (0.995, 2.5758293035489004), (1e-10, -6.361340902404056), (0.3, -0.5244005127080409),
    ])
  func normalQuantile(p: Double, expected: Double) {
    #expect(abs(NormalDistribution.quantile(p) - expected) <= 1e-14 * max(1, abs(expected)))
  }

  @Test(
    "quantiles of Student's t with four degrees of freedom agree with published tables",
    arguments: [
      (0.5, 0.0), (0.9, 1.533206), (0.975, 2.776445), (0.995, 4.604095), (0.05, -2.131847), (0.9995, 8.610302),
    ]
  )
  func studentQuantile(p: Double, expected: Double) {
    #expect(abs(StudentT.quantileOfFour(p) - expected) < 1e-6)
  }

  @Test("normal scores are Blom's, ties share their mean rank")
  func normalScores() {
    // scipy 1.17: norm.ppf((rankdata(x) − 3/8) / 5.25).
    let expected = [0, -0.791_638_61, 0.497_200_57, -0.791_638_61, 1.179_761_12]
    for (score, value) in zip(NormalScores.of([3, 1, 4, 1, 5]), expected) { #expect(abs(score - value) < 1e-8) }
  }

  @Test(
    "the deviations of a two-sided p value invert the normal distribution, and stay finite",
    arguments: [
      (0.05, 1.959963984540054), (0.01, 2.5758293035489004), (1e-5, 4.417173413469), (1, 0.0), (0.3173105078629141, 1),
      (0, 37), (1e-305, 37),
    ])
  func deviations(p: Double, z: Double) {
    #expect(abs(NormalDistribution.deviations(twoSided: p) - z) < 1e-11)
  }

  @Test("Wallace's approximation stays within 0.0005 of the distribution from six degrees of freedom on")
  func wallace() {
    for degrees in [6.0, 10, 40] {
      for t in stride(from: -6.0, through: 6, by: 0.25) {
        let exact = StudentT.cumulative(t, degrees: degrees)
        #expect(abs(StudentT.approximateCumulative(t, degrees: degrees) - exact) < 0.0005)
      }
    }
  }
}
