import Glibc
import Numerics

/// Looks for what a series repeats.
///
/// Slow waves first, of two half periods and more in the whole time, each by the restricted likelihood with
/// autoregressive errors: a wandering level is no wave. Then, in what is left and whitened, rhythms (`RhythmSearch`). A cycle that is not there costs a
/// correlation a little strength, and only where both series seem to have it; so the bars are low.
enum CycleSearch {
  /// Most half periods of a slow wave; faster ones are rhythms.
  private static let mostHalfPeriods = 12
  /// Most slow waves.
  private static let mostWaves = 3
  /// Most rhythms, the waves and phases of one period counted apart.
  private static let mostRhythms = 5
  /// How much likelier a slow wave must make a series, as a logarithm. At 6 persistent noise (AR .95) hardly ever has one
  /// and no power is lost by looking; at 2 a fifth of it is. A year of daily data has 20 and more.
  private static let waveBar = 6.0
  private static let grid = [0, 0.3, 0.5, 0.7, 0.85, 0.95, 0.98]

  /// The cycles of a series, the surest first.
  /// - Parameter values: n standardised samples, 0 where missing.
  /// - Parameter design: columns that are taken out anyway.
  static func cycles(of values: [Double], observed: [Int], design: Matrix) -> [Cycle] {
    guard observed.count >= 4 * design.columns + 20 else { return [] }
    var design = design.orthonormalised()
    var cycles: [Cycle] = []
    for _ in 0..<mostWaves {
      guard let wave = bestWave(of: values, observed: observed, design: design, besides: cycles) else { break }
      cycles.append(wave)
      for column in wave.columns(values.count) { design.append(column) }
      design = design.orthonormalised()
    }
    let phi = RestrictedLikelihood.phi(values, design: design, observed: observed, grid: grid)
    let whitening = GapWhitening(observed: observed, phi: phi)
    var rest = Matrix(rows: observed.count, columns: [whitening(values)])
    rest.removeProjection(on: whitening(design).orthonormalised())
    var rhythms = RhythmSearch(rest.values, observed: observed, count: values.count)
    for _ in 0..<mostRhythms {
      guard let rhythm = rhythms.next() else { break }
      cycles.append(rhythm)
    }
    return cycles
  }

  private static func bestWave(
    of values: [Double], observed: [Int], design: Matrix, besides known: [Cycle]
  ) -> Cycle? {
    func likelihood(_ design: Matrix) -> Double {
      grid.map { profile(values, design: design, observed: observed, phi: $0) }.max() ?? -.infinity
    }
    let before = likelihood(design)
    guard before.isFinite else { return nil }
    var best: Cycle?
    var bar = before + waveBar
    for halfPeriods in 2...mostHalfPeriods where !known.contains(.wave(halfPeriods: halfPeriods)) {
      let wave = Cycle.wave(halfPeriods: halfPeriods)
      var wider = design
      for column in wave.columns(values.count) { wider.append(column) }
      let orthonormal = wider.orthonormalised()
      guard orthonormal.columns > design.columns else { continue }
      let value = likelihood(orthonormal)
      if value > bar { (best, bar) = (wave, value) }
    }
    return best
  }

  /// Log likelihood with the best coefficients and error variance, up to a constant. Unlike the restricted one it does
  /// not depend on the units of the columns, so that models of different columns compare.
  private static func profile(_ y: [Double], design: Matrix, observed: [Int], phi: Double) -> Double {
    let whitening = GapWhitening(observed: observed, phi: phi)
    var columns = whitening(design)
    columns.append(whitening(y))
    guard let fit = AugmentedCholesky(columns.gram().values, size: columns.columns), fit.residualSumOfSquares > 0 else {
      return -.infinity
    }
    return -0.5 * (whitening.logDeterminant + Double(observed.count) * log(fit.residualSumOfSquares))
  }
}
