import Numerics

/// How a deviation lives on in the samples after it.
package enum Memory: Sendable, Equatable {
  /// Not at all.
  case none
  /// By this share from sample to sample.
  case autoregressive(Double)
  /// ARMA(1, 1).
  case mixed(autoregressive: Double, movingAverage: Double)
  /// For ever.
  case randomWalk
  /// A level that wanders by this share of the noise a sample, under the noise.
  case localLevel(Double)

  /// Gives independent samples of mean 0 and spread 1 a memory; the spread stays 1 where there is one.
  package func applied(to noise: [Double], _ random: inout SeededRandom) -> [Double] {
    switch self {
    case .none: return noise
    case .autoregressive(let share):
      return filtered(noise, autoregressive: share, movingAverage: 0, spread: 1 / (1 - share * share).squareRoot())
    case .mixed(let share, let average):
      let variance = (1 + 2 * share * average + average * average) / (1 - share * share)
      return filtered(noise, autoregressive: share, movingAverage: average, spread: variance.squareRoot())
    case .randomWalk: return filtered(noise, autoregressive: 1, movingAverage: 0, spread: 1)
    case .localLevel(let share):
      var level = 0.0
      return noise.map { sample in
        level += share * random.normal()
        return level + sample
      }
    }
  }

  private func filtered(
    _ noise: [Double], autoregressive: Double, movingAverage: Double, spread: Double
  ) -> [Double] {
    var last = 0.0
    var before = 0.0
    var result: [Double] = []
    result.reserveCapacity(noise.count)
    for (index, sample) in noise.enumerated() {
      // The first sample is drawn from where the process is at rest.
      last =
        index == 0 && autoregressive < 1 ? sample * spread : autoregressive * last + sample + movingAverage * before
      before = sample
      result.append(last / spread)
    }
    return result
  }
}
