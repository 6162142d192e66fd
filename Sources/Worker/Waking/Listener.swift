import FoundationEssentials
import Logging
import Postgres
import Queue
import Telemetry

/// Listens for new jobs, and for requests to cancel running ones. Notifications are only hints: polling and the heartbeat
/// are the truth. A listener that nothing reaches is noticed, because it pings itself, and is rebuilt.
struct Listener: Sendable {
  let connections: ConnectionSettings
  /// nil = all.
  let queues: Set<String>?
  let worker: QueueWorker
  let inFlight: InFlight
  let wakeUp: WakeUp
  /// Between two looks at the queue without a notification.
  let poll: Duration
  let logger: Logger
  /// Between two pings. Too low: each is a NOTIFY, which holds up others' commits. Too high: a listener stays deaf that
  /// long.
  var pingInterval: Duration = .seconds(20)
  /// How long a ping may take on its way.
  var pingDeadline: Duration = .seconds(5)
  /// Told of each connection once it listens: tests wait for it.
  var isListening: @Sendable (Connection) async throws -> Void = { _ in }

  /// Listens until cancelled.
  func run() async throws {
    var backoff = ReconnectBackoff()
    while !Task.isCancelled {
      do {
        try await listen { if backoff.succeeded() { logger.emit(.listenerBack) } }
      } catch is CancellationError {
        return
      } catch {
        await backoff.pause(logger, .listenerLost, error)
      }
    }
  }

  private func listen(_ succeeded: () -> Void) async throws {
    let connection = try await Connection.open(connections)
    do {
      guard !connection.isPooled else { throw ListenerFailed.pooled }
      let notifications = connection.notifications()
      try await connection.script("LISTEN twinmill_jobs; LISTEN twinmill_cancel; LISTEN twinmill_ping")
      succeeded()
      // For jobs that came in before LISTEN took hold.
      wakeUp.signal()
      try await isListening(connection)
      let pings = Pings()
      let jobs = Notifications()
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await ping(connection, pings) }
        group.addTask { try await followUp(jobs, connection) }
        group.addTask { try await receive(notifications, pings, jobs, connection) }
        defer { group.cancelAll() }
        try await group.next()
      }
      await connection.close()
    } catch {
      await connection.close()
      throw error
    }
  }

  private func receive(
    _ notifications: AsyncStream<Notification>, _ pings: Pings, _ jobs: Notifications, _ connection: Connection
  ) async throws {
    for await notification in notifications {
      switch notification.channel {
      case "twinmill_jobs" where queues?.contains(notification.payload) != false:
        wakeUp.signal()
        jobs.reported()
      case "twinmill_cancel":
        // It goes to all workers; the one that runs the job knows it. A job that is just being claimed is cancelled with
        // the next heartbeat. Any role may notify, so the request itself is read from the database.
        guard let job = JobID(notification.payload), inFlight.holds(job) else { continue }
        for job in try await worker.cancellations(on: connection) { inFlight.cancel(job, .requested) }
      case "twinmill_ping":
        pings.received(notification.payload)
      default: break
      }
    }
    try Task.checkCancellation()
    throw ListenerFailed.ended
  }

  /// Looks at the queue again after a notification, until no transaction is left that enqueues without a word and the
  /// throttle window is over, after twice the pause each time. Of the transactions that enqueue at the same time only one
  /// notifies, and of those that follow one another in a session only two in a window (`twinmill.wake`).
  private func followUp(_ jobs: Notifications, _ connection: Connection) async throws {
    while true {
      await jobs.next()
      // The job that the notification was for comes first.
      try await Task.sleep(for: .milliseconds(2))
      var pause: Duration = .milliseconds(1)
      while true {
        // In this order: a transaction that kept quiet before the window was over is still under way, or its job is there.
        let mayBeThrottled = jobs.mayBeThrottled()
        guard try await JobQueue.enqueuesUnderWay(on: connection) || mayBeThrottled else { break }
        // From here on polling is as good.
        guard pause < poll else { break }
        if jobs.take() { pause = .milliseconds(1) }
        try await Task.sleep(for: pause)
        pause *= 2
        wakeUp.signal()
      }
      wakeUp.signal()
    }
  }

  /// Sends a notification to itself now and then: a half-dead link does not answer, a session that does not listen any
  /// more does not hear.
  private func ping(_ connection: Connection, _ pings: Pings) async throws {
    while true {
      try await Task.sleep(for: pingInterval)
      let payload = pings.next()
      _ = try await connection.query("SELECT pg_notify('twinmill_ping', \(payload))", deadline: pingDeadline)
      guard await pings.isReceived(payload, within: pingDeadline) else {
        try Task.checkCancellation()
        throw ListenerFailed.deaf
      }
    }
  }
}

/// Why a listener does not listen.
enum ListenerFailed: Error, CustomStringConvertible {
  case ended, deaf, pooled

  var description: String {
    switch self {
    case .ended: "the listening connection ended"
    case .deaf: "a ping did not come back: the listening session does not listen any more"
    case .pooled: "the connection goes through a pooling proxy: set TWINMILL_LISTEN_URL to a direct one, or to none"
    }
  }
}
