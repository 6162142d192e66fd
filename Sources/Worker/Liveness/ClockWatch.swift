import FoundationEssentials

/// Notices that the server's clock went back, or that another server with a slower clock took over, by the worker's own
/// clock, which nobody sets. Pure.
///
/// Between two answers of the server at least as much time has passed for it as between the first answer and the second
/// question, and at most as much as between the first question and the second answer.
struct ClockWatch: Sendable {
  /// A span of time that the server's clock passed twice.
  struct Step: Sendable, Equatable {
    /// The earliest that the clock may have shown after it was set back.
    let from: Date
    /// The latest that it may have shown before.
    let until: Date
  }

  /// One answer of the server: its time, and when it was asked for and came.
  private struct Answer {
    let time: Date
    let asked: ContinuousClock.Instant
    let answered: ContinuousClock.Instant
  }

  /// Seconds that an interval may lose to a clock that is being slewed, and to the coarseness of the clocks.
  private static let tolerance = 0.05
  private var last: Answer?

  /// Takes an answer of the server.
  /// - Returns: the step back since the last answer, if there was one.
  mutating func heard(
    _ time: Date, asked: ContinuousClock.Instant, answered: ContinuousClock.Instant
  ) -> Step? {
    defer { last = Answer(time: time, asked: asked, answered: answered) }
    guard let last else { return nil }
    let least = max(0, (asked - last.answered) / .seconds(1))
    let most = (answered - last.asked) / .seconds(1)
    // A slewed clock runs slower by a thousandth at most.
    guard time.timeIntervalSince(last.time) < least * 0.999 - Self.tolerance else { return nil }
    return Step(from: time.addingTimeInterval(-most), until: last.time.addingTimeInterval(most))
  }
}
