import Synchronization

/// Tells systemd how the worker fares: ready after the first look at the queue, alive while the claim loop advances.
final class ReadinessReporter: Sendable {
  private let context: WorkerContext
  private let systemd: SystemdNotifier
  /// In words.
  private let queues: String
  private let state = Mutex((lastLook: ContinuousClock.now, isReady: false))

  init(context: WorkerContext, systemd: SystemdNotifier) {
    self.context = context
    self.systemd = systemd
    queues = context.settings.queues?.joined(separator: ", ") ?? "all"
  }

  /// The claim loop has looked at the queue; the first look makes the service ready.
  func looked() {
    let isFirst = state.withLock { state in
      defer { state = (.now, true) }
      return !state.isReady
    }
    if isFirst { systemd.ready("working on queues: \(queues)") }
  }

  /// Half of the watchdog's period; nil: no watchdog.
  var watchdogInterval: Duration? { systemd.watchdogInterval }

  /// Stopping has begun.
  func stopping() {
    systemd.stopping(within: context.settings.drainLimit + .seconds(10))
  }

  /// Pings systemd's watchdog while the claim loop advances, or waits for a reason that a restart would not cure: all
  /// batches busy, or the database away. Until cancelled.
  /// - Parameter interval: between two pings.
  func pingWatchdog(every interval: Duration) async throws {
    while !Task.isCancelled {
      if !isStuck { systemd.alive() }
      systemd.status("\(context.inFlight.count) jobs running, lease \(context.lease.state())")
      try await Task.sleep(for: interval)
    }
  }

  private var isStuck: Bool {
    state.withLock { $0.lastLook } + context.settings.poll * 10 < .now && context.inFlight.count == 0
      && context.lease.state() == .held
  }
}
