import Glibc

/// A repetition, in units of the noise.
package struct Rhythm: Sendable, Equatable {
  /// The course within a period.
  package enum Shape: Sendable, Equatable {
    /// A wave.
    case sine
    /// A rise and a sudden fall.
    case saw
    /// High for the first two fifths, low for the rest, as day and night.
    case block
    /// Low for the last seventh, as a closed day.
    case closed
    /// Two peaks of unequal height, as rush hours.
    case twoPeaks
  }

  package let shape: Shape
  /// Samples.
  package let period: Int
  /// From the middle to the top, in standard deviations of the noise.
  package let amplitude: Double

  package init(_ shape: Shape, period: Int, amplitude: Double) {
    self.shape = shape
    self.period = period
    self.amplitude = amplitude
  }

  /// In standard deviations of the noise.
  package func value(at index: Int) -> Double {
    let phase = Double(index % period) / Double(period)
    switch shape {
    case .sine: return amplitude * sin(2 * .pi * phase)
    case .saw: return amplitude * (2 * phase - 1)
    case .block: return phase < 0.4 ? amplitude : -amplitude
    case .closed: return phase >= 6.0 / 7 - 1e-9 ? -2 * amplitude : 0
    case .twoPeaks:
      let morning = exp(-pow((phase - 0.33) / 0.05, 2) / 2)
      let evening = exp(-pow((phase - 0.73) / 0.07, 2) / 2)
      return amplitude * (2 * morning + 1.5 * evening - 0.5)
    }
  }
}
