import Logging
import Postgres
import Queue

/// Hears that jobs came in. Only a hint: polling is the truth. A listener that nothing reaches is noticed, because it
/// sends itself a probe, and is rebuilt.
struct Listener: Sendable {
  let connections: ConnectionSettings
  /// nil = all.
  let queues: Set<String>?
  let wakeUp: WakeUp
  let logger: Logger

  /// How often a silent listener proves that it can hear.
  private var probeInterval: Duration { .seconds(20) }

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

  private func listen(_ isListening: () -> Void) async throws {
    let connection = try await Connection.open(connections)
    do {
      let notifications = connection.notifications()
      try await connection.script("LISTEN twinmill_jobs; LISTEN twinmill_probe")
      isListening()
      // What came in before LISTEN took hold.
      wakeUp.signal()
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await probe(connection) }
        group.addTask {
          for await notification in notifications
          where notification.channel == "twinmill_jobs" && queues?.contains(notification.payload) != false {
            wakeUp.signal()
          }
          try Task.checkCancellation()
          throw ListenerDied()
        }
        defer { group.cancelAll() }
        try await group.next()
      }
      await connection.close()
    } catch {
      await connection.close()
      throw error
    }
  }

  /// A round trip now and then: a half-dead link does not answer it before its deadline.
  private func probe(_ connection: Connection) async throws {
    while true {
      try await Task.sleep(for: probeInterval)
      _ = try await connection.query("SELECT pg_notify('twinmill_probe', '')", deadline: .seconds(5))
    }
  }

  private struct ListenerDied: Error, CustomStringConvertible {
    var description: String { "the listening connection ended" }
  }
}
