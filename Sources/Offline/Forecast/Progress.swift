import Files
import Glibc

/// A running count on standard error, when that is a terminal.
struct Progress {
  private let isShown = isatty(2) == 1
  private var done = 0
  private var shown = 0

  /// Counts series, and shows the count every thousand.
  mutating func add(_ count: Int) {
    done += count
    guard isShown, done - shown >= 1_000 else { return }
    shown = done
    StandardError.write("\r\(done) series")
  }

  /// Ends the line.
  func finish() {
    if isShown, shown > 0 { StandardError.write("\r\(done) series\n") }
  }
}
