import Glibc
import Synchronization

/// The part of a connection that other threads may read, or ask to change, without waiting for its thread.
final class LinkStatus: Sendable {
  /// The connection is of no further use.
  let isDead = Atomic(false)
  /// No transaction is open and no COPY under way.
  let isIdle = Atomic(true)
  /// The server process's id; 0 before connecting.
  let serverProcess = Atomic<Int32>(0)
  /// A proxy in between lends its own connections to the server.
  let isPooled = Atomic(false)
  /// As in `PQserverVersion`; 0 before connecting.
  let serverVersion = Atomic<Int>(0)
  /// The ticket of the operation whose task was cancelled last.
  let cancelledTicket = Atomic<UInt64>(0)
}

/// Monotonic time in nanoseconds, for deadlines that no change of the wall clock can move.
struct Instant: Comparable {
  let nanoseconds: UInt64

  static var now: Instant {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Instant(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
  }

  static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

  /// The instant after `duration`; at most a hundred years from now, at least now.
  func advanced(by duration: Duration) -> Instant {
    let bounded = min(max(duration, .zero), .seconds(100 * 365 * 86_400))
    let (seconds, attoseconds) = bounded.components
    return Instant(
      nanoseconds: nanoseconds + UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000))
  }

  /// Milliseconds from `now` for poll(2), rounded up, so that a wait never ends just before the instant.
  func milliseconds(from now: Instant) -> Int32 {
    guard self > now else { return 0 }
    return Int32(clamping: (nanoseconds - now.nanoseconds + 999_999) / 1_000_000)
  }
}
