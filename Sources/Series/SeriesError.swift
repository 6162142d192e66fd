/// Why observations cannot be put on a regular grid.
public enum SeriesError: Error, Sendable, Equatable, CustomStringConvertible {
  /// There is no observation.
  case noObservations
  /// Timestamps and values differ in number.
  case countMismatch(timestamps: Int, values: Int)
  /// The interval cannot be inferred: fewer than two distinct timestamps.
  case intervalUnknown
  /// The interval is not positive, or below a microsecond.
  case invalidInterval(Duration)
  /// The interval is shorter than what instants so far from the present differ by (7.6 µs in the year 1).
  case intervalTooFine(Duration)
  /// The timestamp at this index is not a finite instant, or lies beyond the year 9999.
  case invalidTimestamp(index: Int)
  /// The grid would have more samples than `Resampling.maximumSamples`.
  case tooManySamples(needed: Double)

  /// One sentence with the remedy.
  public var description: String {
    switch self {
    case .noObservations: "there is no observation; at least one is needed"
    case .countMismatch(let timestamps, let values):
      "\(timestamps) timestamps but \(values) values; give one value for each timestamp"
    case .intervalUnknown: "the interval cannot be inferred from fewer than two distinct timestamps; give it"
    case .invalidInterval(let interval): "interval \(interval) is below a microsecond; give a positive one"
    case .intervalTooFine(let interval):
      "interval \(interval) is finer than instants so long before or after 2001 can be told apart; give a longer one"
    case .invalidTimestamp(let index): "timestamp \(index) is not an instant between the years 1 and 9999; correct it"
    case .tooManySamples(let needed):
      "the grid would have \(needed) samples, more than \(Resampling.maximumSamples); choose a longer interval or correct stray timestamps"
    }
  }
}
