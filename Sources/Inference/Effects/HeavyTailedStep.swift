import Glibc
import Numerics

/// Whether a series steps at a place, where single wild values may be what its noise brings.
///
/// Two models: a mean, and a mean with a step; both with autoregressive errors of first order, exact over gaps, whose
/// innovations follow Student's t (Tiku, Wong, Vaughan and Bian 2000, "Time series models in non-normal situations";
/// fitted by EM, Lange, Little and Taylor 1989). Each model takes the autocorrelation and the degrees of freedom that
/// suit it best, out of a grid, so that one leap that fades as the errors do, or a run of wild values, speaks for the
/// mean alone. Twice the difference of the log likelihoods is held against χ² with one degree of freedom (Wilks 1938).
public enum HeavyTailedStep {
  /// Autocorrelations that are tried.
  static let autocorrelations = [0.0, 0.2, 0.4, 0.6, 0.75, 0.85, 0.92, 0.96]
  /// Degrees of freedom that are tried; the last is all but normal.
  static let degrees = [2.5, 4, 7, 15, 200]
  /// Fewest observations on either side.
  public static let fewestObservations = 7
  /// Steps of EM; the likelihood moves by less than 0.01 afterwards.
  private static let steps = 20

  /// The p value of no step.
  /// - Parameter values: at equal steps, oldest first; NaN = missing.
  /// - Parameter start: 0-based index of the first sample behind the step.
  /// - Returns: nil with too few observations on either side, or without scatter. O(n) for each of 40 kinds of noise.
  public static func p(_ values: [Double], start: Int) -> Double? {
    let observed = values.indices.filter { values[$0].isFinite }
    let before = observed.count { $0 < start }
    guard before >= fewestObservations, observed.count - before >= fewestObservations,
      let scaled = try? StandardisedSeries(values, observed: observed)
    else { return nil }
    var flat = -Double.infinity
    var stepped = -Double.infinity
    for autocorrelation in autocorrelations {
      let series = Whitened(scaled.values, observed: observed, start: start, autocorrelation: autocorrelation)
      for degrees in degrees {
        flat = max(flat, series.logLikelihood(degrees: degrees, hasStep: false))
        stepped = max(stepped, series.logLikelihood(degrees: degrees, hasStep: true))
      }
    }
    guard flat.isFinite, stepped.isFinite else { return nil }
    return erfc(max(0, stepped - flat).squareRoot())
  }

  /// Series, mean and step, freed of autocorrelation.
  private struct Whitened {
    private var y: [Double] = []
    private var one: [Double] = []
    private var step: [Double] = []
    /// Log of what the whitening multiplied densities by.
    private var logScale = 0.0

    init(_ values: [Double], observed: [Int], start: Int, autocorrelation: Double) {
      for (k, i) in observed.enumerated() {
        // The first one has no sample before: its variance is the stationary one.
        let before = k > 0 ? observed[k - 1] : nil
        let share = before.map { pow(autocorrelation, Double(i - $0)) } ?? 0
        let scale = ((1 - autocorrelation * autocorrelation) / (1 - share * share)).squareRoot()
        let last = before.map { values[$0] } ?? 0
        let wasStepped = (before ?? -1) >= start ? 1.0 : 0
        y.append(scale * (values[i] - share * last))
        one.append(scale * (1 - share))
        step.append(scale * ((i >= start ? 1 : 0) - share * wasStepped))
        logScale += log(scale)
      }
    }

    /// Greatest log likelihood over mean, step and scale.
    func logLikelihood(degrees: Double, hasStep: Bool) -> Double {
      let n = Double(y.count)
      var errors = fit(weights: [Double](repeating: 1, count: y.count), hasStep: hasStep)
      let median = OrderStatistics.medianDeviation(errors, from: 0, ofTwo: .upper) ?? 0
      var variance = max(StudentT.variance(ofMedian: median, degrees: degrees), 1e-9)
      for _ in 0..<HeavyTailedStep.steps {
        let weights = errors.map { StudentT.weight($0, variance: variance, degrees: degrees) }
        errors = fit(weights: weights, hasStep: hasStep)
        variance = max(zip(weights, errors).reduce(0) { $0 + $1.0 * $1.1 * $1.1 } / n, 1e-9)
      }
      return StudentT.logLikelihood(errors, variance: variance, degrees: degrees) + logScale
    }

    /// Residuals of weighted least squares.
    private func fit(weights: [Double], hasStep: Bool) -> [Double] {
      var (oneOne, oneStep, stepStep, oneY, stepY) = (0.0, 0.0, 0.0, 0.0, 0.0)
      for i in y.indices {
        oneOne += weights[i] * one[i] * one[i]
        oneStep += weights[i] * one[i] * step[i]
        stepStep += weights[i] * step[i] * step[i]
        oneY += weights[i] * one[i] * y[i]
        stepY += weights[i] * step[i] * y[i]
      }
      let determinant = oneOne * stepStep - oneStep * oneStep
      guard hasStep, determinant > 0 else {
        let mean = oneY / oneOne
        return y.indices.map { y[$0] - mean * one[$0] }
      }
      let mean = (oneY * stepStep - stepY * oneStep) / determinant
      let size = (stepY * oneOne - oneY * oneStep) / determinant
      return y.indices.map { y[$0] - mean * one[$0] - size * step[$0] }
    }
  }
}
