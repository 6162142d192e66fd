import Glibc

/// A thread that belongs to nobody: it runs one function and is gone.
package enum DetachedThread {
  /// Starts a thread. Signals are blocked on it where they are blocked on the caller's.
  /// - Returns: 0, or the error number when the system gives no more threads; `body` is not called then.
  package static func start(_ body: @escaping @Sendable () -> Void) -> Int32 {
    var thread = pthread_t()
    let start = Unmanaged.passRetained(Start(body))
    let status = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
      }, start.toOpaque())
    if status == 0 { pthread_detach(thread) } else { start.release() }
    return status
  }

  private final class Start: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
      self.body = body
    }
  }
}
