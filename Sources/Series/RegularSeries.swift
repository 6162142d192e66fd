import FoundationEssentials

/// Samples of one metric at equal steps.
public struct RegularSeries: Sendable, Equatable {
  /// The instant of the first sample: where its step begins, or its grid point.
  public var start: Date
  /// Length of a step; for calendar steps their mean length.
  public var interval: Duration
  /// The calendar step, when steps are not of one length in seconds.
  public var calendarStep: CalendarStep?
  /// One value a step, oldest first; NaN = missing.
  public var values: [Double]

  /// A series at fixed steps, or at calendar steps when one is given.
  public init(start: Date, interval: Duration, values: [Double], calendarStep: CalendarStep? = nil) {
    self.start = start
    self.interval = interval
    self.values = values
    self.calendarStep = calendarStep
  }

  /// The instant of sample `index`; indices past the end give the instants to forecast.
  public func date(at index: Int) -> Date {
    if let calendarStep { return calendarStep.date(index, after: start) }
    return start.addingTimeInterval(interval.seconds * Double(index))
  }

  /// Number of samples that are there.
  public var presentCount: Int { values.reduce(0) { $0 + ($1.isNaN ? 0 : 1) } }
}

extension Duration {
  /// The duration in seconds.
  var seconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }
}
