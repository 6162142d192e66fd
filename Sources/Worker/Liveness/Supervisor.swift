/// The program that starts the worker and looks after it, such as systemd: told how the worker fares.
public protocol Supervisor: Sendable {
  /// The time between two signs of life; nil: nobody waits for them.
  var watchdogInterval: Duration? { get }

  /// Start-up is complete.
  /// - Parameter status: for people, one line.
  func ready(_ status: String)
  /// - Parameter status: for people, one line.
  func status(_ status: String)
  /// The main loops advance.
  func alive()
  /// Stopping has begun and may take this long.
  func stopping(within limit: Duration)
}

/// Nobody looks after the worker.
struct Unsupervised: Supervisor {
  let watchdogInterval: Duration? = nil
  func ready(_ status: String) {}
  func status(_ status: String) {}
  func alive() {}
  func stopping(within limit: Duration) {}
}
