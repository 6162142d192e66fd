/// Runs of kept days (or other due dates), such as of a routine or a goal.
public struct Streaks: Sendable, Equatable {
  /// Dates kept up to the last one known.
  public var current: Int
  /// The most dates kept in a row.
  public var longest: Int
  /// Index of the date at which `longest` began, the latest such run; `nil` when no date was kept.
  public var longestStart: Int?
  /// Dates not kept up to the last one known.
  public var currentMissed: Int

  /// The runs of a history.
  /// - Parameter kept: one a due date, oldest first: whether it was kept; `nil` = not known, which neither continues
  ///   nor ends a run.
  public init(of kept: [Bool?]) {
    var run = 0
    var missed = 0
    var start = 0
    longest = 0
    for (index, isKept) in kept.enumerated() {
      guard let isKept else { continue }
      if isKept {
        if run == 0 { start = index }
        run += 1
        missed = 0
        if run >= longest {
          longest = run
          longestStart = start
        }
      } else {
        run = 0
        missed += 1
      }
    }
    current = run
    currentMissed = missed
  }
}
