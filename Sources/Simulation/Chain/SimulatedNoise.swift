import Glibc
import Numerics

/// The noise of a metric: autoregressive of first order under measurement noise, with or without heavy tails.
package struct SimulatedNoise: Sendable {
  /// Correlation of the autoregressive part from day to day.
  package let autocorrelation: Double
  /// Standard deviation of the autoregressive part.
  package let spread: Double
  /// Standard deviation of the measurement noise, new each day.
  package let measurement: Double
  /// Student's t with 3 degrees of freedom instead of the normal distribution, of the same variance.
  package let isHeavy: Bool

  /// Standard deviation of a day.
  package var total: Double { (spread * spread + measurement * measurement).squareRoot() }

  /// Standard deviation of what a day brings new.
  package var innovation: Double {
    (spread * spread * (1 - autocorrelation * autocorrelation) + measurement * measurement).squareRoot()
  }

  /// A draw of variance 1.
  package func draw(_ random: inout SeededRandom) -> Double {
    let z = random.normal()
    guard isHeavy else { return z }
    let (a, b, c) = (random.normal(), random.normal(), random.normal())
    // t₃ = z / √(χ²₃ / 3) has variance 3.
    return z / (a * a + b * b + c * c).squareRoot()
  }

  /// Two-sided probability of a draw at least that far from 0.
  package func chance(_ draw: Double) -> Double {
    guard isHeavy else { return erfc(abs(draw) / 2.0.squareRoot()) }
    // The distribution function of t₃ in closed form, at t = draw · √3.
    let x = abs(draw)
    return max(0, 1 - 2 / .pi * (x / (1 + x * x) + atan(x)))
  }
}
