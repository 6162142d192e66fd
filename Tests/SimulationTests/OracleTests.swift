import Glibc
import Numerics
import Testing

@testable import Simulation

@Suite("Oracle of findable facts")
struct OracleTests {
  @Test("quantiles of the normal distribution")
  func quantiles() {
    #expect(abs(NormalDistribution.quantile(0.975) - 1.959963985) < 1e-8)
    #expect(abs(NormalDistribution.quantile(0.8) - 0.841621234) < 1e-8)
    #expect(abs(NormalDistribution.quantile(1e-6) + 4.753424309) < 1e-7)
  }

  @Test("of white noise, a step in the middle has the signal of two means compared, less what a trend could explain")
  func step() {
    let metric = Self.metric(days: 400, SimulatedNoise(autocorrelation: 0, spread: 2, measurement: 0, isHeavy: false))
    let step = (0..<400).map { $0 >= 200 ? 1.0 : 0 }
    // A centred step has the sum of squares n/4; a line explains three quarters of it (1/16 ÷ 1/12 per sample).
    let signal = Oracle(metric, other: []).signal(step, size: 3)
    #expect(abs(signal - 3 / 2.0 * (400.0 / 4 / 4).squareRoot()) < 0.01)
    // An effect that is already explained gives no signal.
    #expect(Oracle(metric, other: [step]).signal(step, size: 3) < 1e-6)
  }

  @Test("autocorrelation hides a level and missing days cost signal")
  func autocorrelation() {
    let course = (0..<300).map { sin(2 * .pi * Double($0) / 150) }
    func signal(_ phi: Double, missing: Bool = false) -> Double {
      var metric = Self.metric(
        days: 300, SimulatedNoise(autocorrelation: phi, spread: 1, measurement: 0, isHeavy: false))
      if missing { metric = Self.metric(days: 300, metric.noise, missing: 2) }
      return Oracle(metric, other: []).signal(course, size: 1)
    }
    // The spectrum of the noise at that frequency: (1 − φ²) / |1 − φ e^(iω)|² = 16.3.
    #expect(abs(signal(0.9) / signal(0) - 1 / 16.3.squareRoot()) < 0.05)
    #expect(abs(signal(0, missing: true) / signal(0) - (0.5).squareRoot()) < 0.02)
  }

  @Test("whitening by hand: the first sample by its spread, the next ones by what is new")
  func whitening() {
    let noise = SimulatedNoise(autocorrelation: 0.6, spread: 5, measurement: 0, isHeavy: false)
    let whitening = ExactWhitening(noise, isObserved: [true, true, false, true])
    let white = whitening([5, 3, 99, 1])
    #expect(white.count == 3)
    #expect(abs(white[0] - 1) < 1e-12)
    #expect(abs(white[1] - 0) < 1e-12)
    // Two days later 0.36 of it is left, and 25 (1 − 0.36²) is new.
    #expect(abs(white[2] - (1 - 0.36 * 3) / (25 * (1 - 0.1296)).squareRoot()) < 1e-12)
  }

  @Test("the level pays for what is tried")
  func level() {
    // z(0.05) + z(0.2) = 1.96 + 0.84
    #expect(Oracle.finds(2.81, there: 1, tried: 1))
    #expect(!Oracle.finds(2.79, there: 1, tried: 1))
    #expect(!Oracle.finds(3.5, there: 1, tried: 1000))
    #expect(Oracle.finds(2.81, there: 1000, tried: 1000))
  }

  /// Noise alone; with `missing` only every so many-th day was recorded.
  static func metric(days: Int, _ noise: SimulatedNoise, missing: Int = 1) -> SimulatedMetric {
    SimulatedMetric(
      name: "redness_index", recorded: (0..<days).map { $0 % missing == 0 ? 50 : .nan },
      expected: [Double](repeating: 50, count: days), noise: noise, chances: [Double](repeating: 1, count: days),
      level: 50, weekly: false, actions: [], effects: [], trend: nil, shifts: [], spikes: [], stuck: [])
  }
}
