import Synchronization

/// Tells the supervisor how the worker fares: ready after the first look at the queue, alive while the claim loop advances.
final class ReadinessReporter: Sendable {
  private let context: WorkerContext
  private let supervisor: any Supervisor
  /// In words.
  private let queues: String
  private let state = Mutex((lastLook: ContinuousClock.now, isReady: false))

  init(context: WorkerContext, supervisor: any Supervisor) {
    self.context = context
    self.supervisor = supervisor
    queues = context.settings.queues?.joined(separator: ", ") ?? "all"
  }

  /// The claim loop has looked at the queue; the first look makes the service ready.
  func looked() {
    let isFirst = state.withLock { state in
      defer { state = (.now, true) }
      return !state.isReady
    }
    if isFirst { supervisor.ready("working on queues: \(queues)") }
  }

  /// The time between two signs of life; nil: nobody waits for them.
  var watchdogInterval: Duration? { supervisor.watchdogInterval }

  /// Stopping has begun.
  func stopping() {
    supervisor.stopping(within: context.settings.drainLimit + .seconds(10))
  }

  /// Gives signs of life while the claim loop advances, or waits for a reason that a restart would not cure: all
  /// batches busy, or the database away. Until cancelled.
  /// - Parameter interval: between two pings.
  func pingWatchdog(every interval: Duration) async throws {
    while !Task.isCancelled {
      if !isStuck { supervisor.alive() }
      supervisor.status("\(context.inFlight.count) jobs running, lease \(context.lease.state())")
      try await Task.sleep(for: interval)
    }
  }

  private var isStuck: Bool {
    state.withLock { $0.lastLook } + context.settings.poll * 10 < .now && context.inFlight.count == 0
      && context.lease.state() == .held
  }
}
