import FoundationEssentials
import Postgres
import Queue
import Telemetry

/// Renews the worker's lease with every heartbeat, on a connection and a thread of its own, so that no job and no slow
/// statement can starve it. Each heartbeat also learns which running jobs are to be cancelled.
///
/// The connection holds the lock by which a dead process is known at once, unless a pooling proxy is in between: then
/// the lease alone tells.
actor LeaseRenewer {
  private let context: WorkerContext
  private let connections: ConnectionSettings
  private let registration: QueueWorker.Registration
  private var connection: Connection?
  private var clockOffset: Duration?
  private var clock = ClockWatch()
  private var isDraining = false
  /// Whether the database may know of this worker.
  private var isRegistering = false
  /// Whether the present connection's lock is settled.
  private var hasLock = false

  init(context: WorkerContext, connections: ConnectionSettings, registration: QueueWorker.Registration) {
    precondition(registration.heartbeat * 3 <= registration.lease, "a lease outlives two missed heartbeats")
    self.context = context
    var connections = connections
    // A server that does not answer a cancellation soon gets a new connection: a heartbeat has no time to lose.
    connections.options.cancelGrace = .milliseconds(500)
    self.connections = connections
    self.registration = registration
  }

  /// Introduces the worker to the database.
  func register() async throws {
    let connection = try await Connection.open(connections)
    let sentAt = ContinuousClock.now
    isRegistering = true
    hasLock = try await context.worker.register(registration, on: connection)
    context.lease.update { $0.renewed(sentAt: sentAt) }
    self.connection = connection
  }

  /// Whether a pooling proxy is between the worker and its server, where it would listen in vain.
  var isPooled: Bool { connection?.isPooled ?? false }

  /// Renews the lease until cancelled.
  /// - Throws: `LeaseLost` when the server has given the worker up.
  func run() async throws {
    var backoff = ReconnectBackoff()
    while !Task.isCancelled {
      do {
        try await renew()
        if backoff.succeeded() {
          context.logger.emit(.heartbeatBack)
        }
        try await Task.sleep(for: context.settings.heartbeat)
      } catch let error as PostgresError {
        await drop()
        await backoff.pause(context.logger, .heartbeatMissed, error)
      }
    }
  }

  func drain() {
    isDraining = true
  }

  /// Says goodbye, so that the other workers need not find out; the lock goes with the connection. If the database is
  /// away, or does not answer soon, they do find out.
  func leave() async {
    guard isRegistering else { return }
    let farewell = context.settings.farewell
    do {
      let connection: Connection
      // A heartbeat that was broken off takes its connection with it.
      if let current = self.connection, !current.isDead {
        connection = current
      } else {
        var connections = connections
        connections.options.openDeadline = farewell
        connection = try await Connection.open(connections)
        self.connection = connection
      }
      // Jobs that are still owned were not begun. Without a worker they would be rescued, and counted as crashed.
      _ = try await context.worker.requeueOrphans(on: connection, deadline: farewell) { [] }
      try await context.worker.remove(on: connection, deadline: farewell)
    } catch {
      context.logger.emit(.workerLeftUnsaid, [.error: "\(error)"])
    }
    await drop()
  }

  private func renew() async throws {
    let connection: Connection
    if let current = self.connection { connection = current } else { connection = try await reconnect() }
    let sentAt = ContinuousClock.now
    let sentTime = Date()
    let renewal = try await context.worker.renew(
      lease: context.settings.lease, jobsRunning: context.inFlight.count, isDraining: isDraining,
      clockOffset: clockOffset, on: connection, deadline: context.settings.lease / 3)
    guard let renewal else {
      context.lease.update { $0.refused() }
      throw LeaseLost()
    }
    context.lease.update { $0.renewed(sentAt: sentAt) }
    let step = clock.heard(renewal.serverTime, asked: sentAt, answered: .now)
    let roundTrip = Date().timeIntervalSince(sentTime)
    clockOffset = .seconds(sentTime.timeIntervalSince(renewal.serverTime) + roundTrip / 2)
    for job in renewal.cancellations { context.inFlight.cancel(job, .requested) }
    // After the renewal: the lock does not matter before three heartbeats are missed.
    if let step {
      context.logger.emit(
        .serverClockStepped,
        [.fromTime: "\(step.from.formatted(.iso8601))", .untilTime: "\(step.until.formatted(.iso8601))"])
      try await context.worker.noteClockStep(from: step.from, until: step.until, on: connection)
    }
    if !hasLock { hasLock = try await context.worker.takeLock(on: connection) }
  }

  private func reconnect() async throws -> Connection {
    let fresh = try await Connection.open(connections)
    hasLock = false
    connection = fresh
    return fresh
  }

  private func drop() async {
    await connection?.close()
    connection = nil
  }
}
