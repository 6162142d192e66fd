import Logging
import Postgres
import Queue
import ServiceLifecycle
import Telemetry

/// The process behind `twinmill scheduler`: ticks until it is asked to stop.
///
/// It never ends because the database is away: whatever fails, it drops the connection, backs off with jitter and
/// resumes where `twinmill.schedules` says. Run as many as you like.
public struct SchedulerService: Service {
  private let connections: ConnectionSettings
  private let migrator: Migrator
  private let ticker: Ticker
  private let pace: TickLoop.Pace
  private let clock: any Clock<Duration>
  private let logger: Logger
  private let ready: @Sendable () async -> Void
  private let advanced: @Sendable () -> Void
  /// How long a statement under way may go on after the process is asked to stop: a tick takes milliseconds, unless
  /// the server does not answer.
  private let patience: Duration = .seconds(1)
  /// Sees every event of the loop: tests wait for moments instead of sleeping.
  var observe: (@Sendable (TickLoop.Event) -> Void)?

  /// - Parameters:
  ///   - connections: Where PostgreSQL is; one connection is held.
  ///   - migrator: To refuse, at the start, a database that this version does not fit.
  ///   - limits: Bounds of planning.
  ///   - poll: The longest sleep between looks at the schedules, hence how soon an edit takes force. Default 1 s. Too
  ///     low: needless queries; too high: edits and new schedules wait.
  ///   - deadline: How long the server may take to answer a statement. Default 20 s. A tick of 500 schedules takes
  ///     a tenth of a second: a server that answers slower than this is as good as lost. A COMMIT cannot be cancelled. It must
  ///     end before a supervisor kills a process that is to stop.
  ///   - clock: The clock that measures sleeps. The time of day is always the server's.
  ///   - ready: Called once, when the database has answered for the first time (`READY=1` for systemd).
  ///   - advanced: Called after every step of the loop, also after one that failed: the loop is not stuck
  ///     (`WATCHDOG=1` for systemd).
  public init(
    connections: ConnectionSettings, migrator: Migrator, logger: Logger, limits: TickPlan.Limits = TickPlan.Limits(),
    poll: Duration = .seconds(1), deadline: Duration = .seconds(20), clock: any Clock<Duration> = ContinuousClock(),
    ready: @escaping @Sendable () async -> Void = {}, advanced: @escaping @Sendable () -> Void = {}
  ) {
    var connections = connections
    connections.options.roundTripDeadline = deadline
    connections.options.cancelGrace = .milliseconds(500)
    self.connections = connections
    self.migrator = migrator
    self.ticker = Ticker(limits: limits, logger: logger)
    self.pace = TickLoop.Pace(poll: poll)
    self.clock = clock
    self.logger = logger
    self.ready = ready
    self.advanced = advanced
  }

  /// Ticks until graceful shutdown or cancellation. A tick under way is finished first, unless the server does not
  /// answer: it is broken off after a second, and the next scheduler decides its instants.
  /// - Throws: only before the first tick: `MigrationError`, and `PostgresError` for what waiting does not mend: a
  ///   connection string that cannot be read, a login or a database that is not there, a right that is missing.
  public func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await tickUntilStopped() }
      group.addTask { await stopWaited() }
      try await group.next()
      group.cancelAll()
      try await group.next()
    }
  }

  /// Returns when the process was asked to stop and the patience with the server is over, or when cancelled.
  private func stopWaited() async {
    do {
      try await gracefulShutdown()
      try await clock.sleep(for: patience)
    } catch {
      // Cancelled: the loop has ended before.
    }
  }

  private func tickUntilStopped() async throws {
    var loop = TickLoop(pace: pace)
    var link = Link()
    var action = TickLoop.Action.connect
    while action != .finish {
      let event: TickLoop.Event
      do {
        event = try await perform(action, on: &link)
      } catch let error as MigrationError {
        await link.connection?.close()
        throw error
      } catch let error as PostgresError where !link.isChecked && !error.mendsWithTime && !isStopping {
        await link.connection?.close()
        throw error
      } catch {
        if !isStopping { log(error, failures: loop.failures) }
        event = .failed(random: .random(in: 0..<1))
      }
      observe?(event)
      advanced()
      let hadFailed = loop.failures > 0
      action = loop.handle(isStopping ? .stopped : event)
      if hadFailed, loop.failures == 0 { logger.emit(.schedulerResumed) }
    }
    await link.connection?.close()
  }

  /// The connection, and whether the database has been found fit once.
  private struct Link {
    var connection: Connection?
    var isChecked = false

    func open() throws(PostgresError) -> Connection {
      guard let connection else { throw PostgresError(.closed, "the scheduler's connection is not open") }
      return connection
    }
  }

  private var isStopping: Bool {
    Task.isCancelled || Task.isShuttingDownGracefully
  }

  private func perform(_ action: TickLoop.Action, on link: inout Link) async throws -> TickLoop.Event {
    switch action {
    case .finish:
      return .stopped
    case .sleep(let duration):
      await sleep(duration)
      return .slept
    case .reconnect(let delay):
      await link.connection?.close()
      link.connection = nil
      await sleep(delay)
      return isStopping ? .stopped : try await connect(&link)
    case .connect:
      return try await connect(&link)
    case .peek:
      let (now, next) = try await ticker.peek(on: link.open())
      return .peeked(now: now, next: next)
    case .tick:
      return .ticked(schedules: try await ticker.tick(on: link.open()))
    case .prune:
      return .pruned(isBehind: try await ticker.prune(on: link.open()))
    }
  }

  private func connect(_ link: inout Link) async throws -> TickLoop.Event {
    // Nothing is lost with a connection that is not there yet.
    let connection = try await cancelWhenGracefulShutdown { [connections] in try await Connection.open(connections) }
    link.connection = connection
    if !link.isChecked {
      try await migrator.check(connection)
      link.isChecked = true
      logger.emit(.schedulerStarted)
      await ready()
    }
    return .connected
  }

  /// Sleeps until the duration is over or the process is asked to stop.
  private func sleep(_ duration: Duration) async {
    do {
      try await cancelWhenGracefulShutdown { try await clock.sleep(for: duration) }
    } catch {
      // Only cancellation ends a sleep early; the loop sees it next.
    }
  }

  /// The first failure is a warning, of the same outage's further ones one in a minute or two.
  private func log(_ error: any Error, failures: Int) {
    let isLoss = (error as? PostgresError)?.isConnectionLoss ?? false
    logger.emit(
      isLoss ? .schedulerLostDatabase : .schedulerRetries, level: failures % 60 == 0 ? nil : .debug,
      [.error: "\(error)", .failures: "\(failures + 1)"])
  }
}
