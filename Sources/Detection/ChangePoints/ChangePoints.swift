import Glibc

/// Finds changes of level, slope and variance, without splitting trends and autocorrelation into pieces.
///
/// A series is cut into segments. Each is a constant or a straight line plus autoregressive noise of first order;
/// levels, slopes and variances are the segments' own, the autoregression φ is the series'. The cut that describes the
/// series shortest is taken (minimum description length: Davis, Lee, Rodriguez-Yam 2006, "Structural break estimation
/// for nonstationary time series models", with straight lines added and with φ in common), found exactly by dynamic
/// programming (Jackson and others 2005) for each φ of a grid. A segment of m samples costs
///
///     (m + 1)/2 · log((RSS + s²)/(m + 1)) − ½ log s² − ½ log(1 − φ²) + (number of coefficients + 1)/2 · log m
///
/// where RSS is the residual sum of squares of the AR(1)-filtered segment (Prais and Winsten 1954), and s² one sample's
/// worth of noise, as robust differences of the whole series tell it, but s at least 5 % of the range: without it a few
/// samples on a line would cost −∞, and every smooth curve would be cut up. A change costs 5 + log n more. Wild
/// samples are first pulled to within three robust standard deviations of the median of their eleven neighbours.
///
/// Before that, what the series repeats is taken out (`Rhythm`), and slow waves (`SlowWave`) where the series is then
/// described shorter; after it, series of counts, switches and rounded readings are looked at by ranks
/// (`RankConfirmation`).
///
/// Deterministic. O(n²) up to 2,000 samples; beyond, changes are looked for at 2,000 places and then moved to where
/// the description is shortest, O(n · 2,000).
public enum ChangePoints {
  /// The cost of a change besides log n. Less finds more changes, also those that noise makes; more misses true ones. At
  /// 5 a series of 60 samples without a change, however autocorrelated, is cut at most about once in twenty times.
  static let penalty = 5.0
  /// Least noise as a share of the range: what no eye would see is no change.
  static let leastNoise = 0.05
  /// Autoregressions that are tried.
  static let autoregressions = [0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.98]
  /// Fewest samples in a segment.
  static let leastSegment = 2
  /// Most places where a change is looked for.
  static let mostPlaces = 2_000

  /// The changes of a series, oldest first; empty when there are none or fewer than four samples.
  /// - Parameter values: at equal steps, oldest first; NaN = missing. Missing samples are passed over; a change behind
  ///   some begins with the first sample present.
  public static func find(in values: [Double]) -> [ChangePoint] {
    let present = values.indices.filter { values[$0].isFinite }
    guard present.count >= 2 * leastSegment else { return [] }
    var rest = values
    for _ in 0..<mostRhythms {
      guard let rhythm = Rhythm(in: rest) else { break }
      for index in rest.indices { rest[index] -= rhythm.value(at: index) }
    }
    guard var best = segmentation(of: rest, present) else { return [] }
    // A slow wave that describes the series shorter than its pieces takes their place.
    var waves = rest
    var price = 0.0
    for _ in 0..<mostWaves {
      price += 1.5 * log(Double(present.count)) + penalty
      guard let wave = SlowWave(in: waves), wave.gain > price else { break }
      for index in waves.indices { waves[index] -= wave.values[index] }
      guard let other = segmentation(of: waves, present) else { break }
      if other.length(of: present.count) + price < best.length(of: present.count) { best = other }
    }
    if let ranks = RankConfirmation(raw: present.map { values[$0] }, values: present.map { rest[$0] }) {
      best.keep(ranks.confirmed(best.starts))
    }
    return best.changes(at: present)
  }

  /// Rhythms that are taken out of a series at most.
  private static let mostRhythms = 3
  /// Slow waves that are tried.
  private static let mostWaves = 2

  /// The shortest description by segments alone; nil when all values are equal.
  static func segmentation(of values: [Double], _ present: [Int]) -> Segmentation? {
    guard let samples = SegmentSamples(values: present.map { values[$0] }, positions: present) else { return nil }
    var best: Segmentation?
    let costs = autoregressions.map { SegmentCosts(samples: samples, autoregression: $0) }
    for segmentation in Segmentation.cheapest(costs) {
      if segmentation.cost < best?.cost ?? .infinity { best = segmentation }
    }
    return best
  }
}
