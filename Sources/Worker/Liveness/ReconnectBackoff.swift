import Logging
import Telemetry

/// Waits between tries while the database is away: quick at first, at most a second, with jitter, for ever.
/// The first failure is logged as a warning, then one a minute or so; the others at debug.
struct ReconnectBackoff {
  private var failures = 0

  mutating func pause(_ logger: Logger, _ event: TelemetryEvent, _ error: any Error) async {
    failures += 1
    logger.emit(event, level: failures % 60 == 1 ? nil : .debug, [.error: "\(error)"])
    let longest = min(0.05 * Double(1 << min(failures - 1, 5)), 1)
    do {
      try await Task.sleep(for: .seconds(.random(in: longest / 2...longest)))
    } catch {
      // Cancelled: the caller's own loop sees it and stops.
    }
  }

  /// - Returns: whether something had failed before.
  mutating func succeeded() -> Bool {
    defer { failures = 0 }
    return failures > 0
  }
}
