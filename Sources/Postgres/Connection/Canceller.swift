import CLibpq
import Glibc
import Synchronization

/// Sends one cancellation to the server from a thread of its own, so that a server that does not accept connections
/// cannot hold up the caller: `PQcancel` connects and waits, and libpq documents it as safe on any thread.
///
/// `@unchecked Sendable`: `cancel` belongs to the one thread that is started here.
final class Canceller: @unchecked Sendable {
  private let cancel: OpaquePointer?
  private let done = Atomic(false)
  private let thread: ConnectionThread

  init(_ handle: OpaquePointer, waking thread: ConnectionThread) {
    self.thread = thread
    cancel = PQgetCancel(handle)
    guard cancel != nil else {
      done.store(true, ordering: .releasing)
      return
    }
    // Signals are blocked here: the connection's thread, which this one inherits from, blocks them all.
    if DetachedThread.start({ self.run() }) != 0 { done.store(true, ordering: .releasing) }
  }

  deinit { PQfreeCancel(cancel) }

  /// The server has taken the cancellation, or it could not be sent.
  var isDone: Bool { done.load(ordering: .acquiring) }

  private func run() {
    // A failure shows as a statement that goes on: the grace ends it together with the connection.
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { message in
      _ = PQcancel(cancel, message.baseAddress, 256)
    }
    done.store(true, ordering: .releasing)
    thread.wake()
  }
}
