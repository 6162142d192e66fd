import Glibc
import Numerics

/// A repetition in a series, of which two series may have the like without having to do with each other: the calendar's.
enum Cycle: Hashable {
  /// A slow wave, of so many half periods in the whole time: a part of a year, a year, a quarter.
  case wave(halfPeriods: Int)
  /// Repeats after so many samples; `grows`: in proportion to the time since the middle.
  case rhythm(period: Int, form: Form, grows: Bool)

  /// The course within a period.
  enum Form: Hashable {
    /// A wave.
    case sine
    /// Each phase has a mean of its own.
    case phases
  }

  /// Whether the other one may come from the same calendar, whatever its phase and form.
  /// - Parameter count: samples of both; two frequencies that differ by less than a cycle in them are one.
  func mayShareCalendar(with other: Cycle, count: Int) -> Bool {
    switch (self, other) {
    case (.wave(let own), .wave(let others)): return abs(own - others) <= 1
    case (.wave, .rhythm), (.rhythm, .wave): return false
    case (.rhythm(let own, _, _), .rhythm(let others, _, _)):
      let (short, long) = (Double(min(own, others)), Double(max(own, others)))
      return abs(1 / short - (long / short).rounded() / long) <= 1 / Double(count)
    }
  }

  /// Regressors that take it out of a series of so many samples.
  func columns(_ count: Int) -> [[Double]] {
    switch self {
    case .wave(let halfPeriods):
      let step = Double.pi * Double(halfPeriods) / Double(count)
      return [(0..<count).map { cos(step * Double($0)) }, (0..<count).map { sin(step * Double($0)) }]
    case .rhythm(let period, let form, let grows):
      let plain: [[Double]] =
        switch form {
        case .sine: CalendarTerms.season(count, period: period, harmonics: 1...1)
        case .phases: (0..<period).map { phase in (0..<count).map { $0 % period == phase ? 1 : 0 } }
        }
      guard grows else { return plain }
      let line = CalendarTerms.trend(count)
      return plain.map { column in zip(column, line).map { $0 * $1 } }
    }
  }
}
