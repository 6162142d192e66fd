import FoundationEssentials
import Logging
import Postgres
import Queue
import Synchronization

/// Hears that jobs came in, and that running ones are to be cancelled. Only hints: polling and the heartbeat are the
/// truth. A listener that nothing reaches is noticed, because it sends itself probes, and is rebuilt.
struct Listener: Sendable {
  let connections: ConnectionSettings
  /// nil = all.
  let queues: Set<String>?
  let queue: JobQueue
  let inFlight: InFlight
  let wakeUp: WakeUp
  /// Between two looks at the queue without any hint.
  let poll: Duration
  let logger: Logger
  /// Between two probes. Too low: each is a NOTIFY, which holds up others' commits; too high: a listener stays deaf that
  /// long.
  var probeInterval: Duration = .seconds(20)
  /// How long a probe may take on its way.
  var probeDeadline: Duration = .seconds(5)
  /// Told of each connection once it listens: tests wait for it.
  var isListening: @Sendable (Connection) async throws -> Void = { _ in }

  /// Listens until cancelled.
  func run() async throws {
    var backoff = ReconnectBackoff()
    while !Task.isCancelled {
      do {
        try await listen { if backoff.succeeded() { logger.notice("listening again") } }
      } catch is CancellationError {
        return
      } catch {
        await backoff.pause(logger, "not listening, polling goes on", error)
      }
    }
  }

  private func listen(_ succeeded: () -> Void) async throws {
    let connection = try await Connection.open(connections)
    do {
      guard !connection.isPooled else { throw ListenerFailed.pooled }
      let notifications = connection.notifications()
      try await connection.script("LISTEN twinmill_jobs; LISTEN twinmill_cancel; LISTEN twinmill_probe")
      succeeded()
      // What came in before LISTEN took hold.
      wakeUp.signal()
      try await isListening(connection)
      let probes = Probes()
      let hints = Hints()
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await probe(connection, probes) }
        group.addTask { try await followUp(hints, connection) }
        group.addTask { try await hear(notifications, probes, hints, connection) }
        defer { group.cancelAll() }
        try await group.next()
      }
      await connection.close()
    } catch {
      await connection.close()
      throw error
    }
  }

  private func hear(
    _ notifications: AsyncStream<Notification>, _ probes: Probes, _ hints: Hints, _ connection: Connection
  ) async throws {
    for await notification in notifications {
      switch notification.channel {
      case "twinmill_jobs" where queues?.contains(notification.payload) != false:
        wakeUp.signal()
        hints.heard()
      case "twinmill_cancel":
        // To all workers; who runs the job knows it. What is just being claimed hears of it with the heartbeat.
        // Everybody may notify: what was asked for stands in the database.
        guard let job = JobID(notification.payload), inFlight.holds(job) else { continue }
        for job in try await queue.cancellations(on: connection) { inFlight.cancel(job, .requested) }
      case "twinmill_probe":
        probes.heard(notification.payload)
      default: break
      }
    }
    try Task.checkCancellation()
    throw ListenerFailed.ended
  }

  /// After a hint: of the transactions that enqueue at the same time only one notifies, and of those that follow one
  /// another in a session only two in a turn (`twinmill.wake`). So the queue is looked at again until none of them is
  /// left and the turn is over, after twice the pause each time.
  private func followUp(_ hints: Hints, _ connection: Connection) async throws {
    while true {
      await hints.next()
      // The job that was told of comes first.
      try await Task.sleep(for: .milliseconds(2))
      var pause: Duration = .milliseconds(1)
      while true {
        // In this order: who kept quiet before the turn was over is still under way, or its job is there.
        let isOutrun = hints.mayBeOutrun()
        guard try await JobQueue.enqueuesUnderWay(on: connection) || isOutrun else { break }
        // From here on polling is as good.
        guard pause < poll else { break }
        if hints.take() { pause = .milliseconds(1) }
        try await Task.sleep(for: pause)
        pause *= 2
        wakeUp.signal()
      }
      wakeUp.signal()
    }
  }

  /// Sends a notification to itself now and then: a half-dead link does not answer, a session that does not listen any
  /// more does not hear.
  private func probe(_ connection: Connection, _ probes: Probes) async throws {
    while true {
      try await Task.sleep(for: probeInterval)
      let payload = probes.next()
      _ = try await connection.query("SELECT pg_notify('twinmill_probe', \(payload))", deadline: probeDeadline)
      guard await probes.isHeard(payload, within: probeDeadline) else {
        try Task.checkCancellation()
        throw ListenerFailed.deaf
      }
    }
  }
}

/// The probes of one listening connection: what was sent, and the last that was heard.
final class Probes: Sendable {
  /// All workers hear all probes.
  private let listener = UUID().uuidString
  private let state = Mutex((sent: 0, heard: ""))
  private let arrival = WakeUp()

  /// The payload of a new probe.
  func next() -> String {
    let number = state.withLock { state in
      state.sent += 1
      return state.sent
    }
    return "\(listener) \(number)"
  }

  /// A probe came in, of this listener or another.
  func heard(_ payload: String) {
    guard payload.hasPrefix(listener) else { return }
    state.withLock { $0.heard = payload }
    arrival.signal()
  }

  /// Whether a probe comes in, perhaps has already.
  func isHeard(_ payload: String, within deadline: Duration) async -> Bool {
    let end = ContinuousClock.now + deadline
    while state.withLock({ $0.heard != payload }) {
      guard ContinuousClock.now < end, !Task.isCancelled else { return false }
      await arrival.wait(atMost: end - .now)
    }
    return true
  }
}

/// Why a listener does not listen.
enum ListenerFailed: Error, CustomStringConvertible {
  case ended, deaf, pooled

  var description: String {
    switch self {
    case .ended: "the listening connection ended"
    case .deaf: "a probe did not come back: the listening session does not listen any more"
    case .pooled: "the connection goes through a pooling proxy: set TWINMILL_LISTEN_URL to a direct one, or to none"
    }
  }
}
