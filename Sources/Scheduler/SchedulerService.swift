import Logging
import Postgres
import ServiceLifecycle

/// The process behind `twinmill schedule`: ticks until it is asked to stop.
///
/// It never ends because of the database: whatever fails, it drops the connection, backs off with jitter and resumes
/// where `twinmill.schedules` says. Run as many as you like.
public struct SchedulerService: Service {
  private let settings: ConnectionSettings
  private let ticker: Ticker
  private let pace: TickLoop.Pace
  private let clock: any Clock<Duration>
  private let logger: Logger
  /// Sees every event of the loop: tests wait for moments instead of sleeping.
  var observe: (@Sendable (TickLoop.Event) -> Void)?

  /// - Parameters:
  ///   - settings: Where PostgreSQL is; one connection is held.
  ///   - limits: Bounds of planning.
  ///   - poll: The longest sleep between looks at the schedules, hence how soon an edit takes force. Default 1 s. Too
  ///     low: needless queries; too high: edits and new schedules wait.
  ///   - clock: What sleeps are measured on. The time of day is always the server's.
  public init(
    settings: ConnectionSettings, logger: Logger, limits: TickPlan.Limits = TickPlan.Limits(),
    poll: Duration = .seconds(1), clock: any Clock<Duration> = ContinuousClock()
  ) {
    self.settings = settings
    self.ticker = Ticker(limits: limits, logger: logger)
    self.pace = TickLoop.Pace(poll: poll)
    self.clock = clock
    self.logger = logger
  }

  /// Ticks until graceful shutdown or cancellation. A tick under way is finished first; it takes milliseconds.
  public func run() async throws {
    var loop = TickLoop(pace: pace)
    var connection: Connection?
    var action = TickLoop.Action.connect
    while action != .finish {
      let event: TickLoop.Event
      do {
        event = try await perform(action, on: &connection)
      } catch {
        if !Task.isCancelled { log(error, failures: loop.failures) }
        event = .failed(random: .random(in: 0..<1))
      }
      observe?(event)
      action = loop.handle(Task.isCancelled || Task.isShuttingDownGracefully ? .stopped : event)
    }
    await connection?.close()
  }

  private func perform(_ action: TickLoop.Action, on connection: inout Connection?) async throws -> TickLoop.Event {
    switch action {
    case .finish:
      return .stopped
    case .sleep(let duration):
      await sleep(duration)
      return .slept
    case .reconnect(let delay):
      await connection?.close()
      connection = nil
      await sleep(delay)
      // Asked to stop meanwhile: no new connection.
      guard !Task.isCancelled, !Task.isShuttingDownGracefully else { return .stopped }
      return try await perform(.connect, on: &connection)
    case .connect:
      connection = try await Connection.open(settings)
      return .connected
    case .peek:
      let (now, next) = try await ticker.peek(on: open(connection))
      return .peeked(now: now, next: next)
    case .tick:
      return .ticked(schedules: try await ticker.tick(on: open(connection)))
    case .prune:
      return .pruned(isBehind: try await ticker.prune(on: open(connection)))
    }
  }

  private func open(_ connection: Connection?) throws -> Connection {
    guard let connection else { throw PostgresError(.closed, "the scheduler's connection is not open") }
    return connection
  }

  /// Sleeps until the duration is over or the process is asked to stop.
  private func sleep(_ duration: Duration) async {
    do {
      try await cancelWhenGracefulShutdown { try await clock.sleep(for: duration) }
    } catch {
      // Only cancellation ends a sleep early; the loop sees it next.
    }
  }

  private func log(_ error: any Error, failures: Int) {
    let isLoss = (error as? PostgresError)?.isConnectionLoss ?? false
    logger.log(
      level: isLoss ? .warning : .error, isLoss ? "database lost; reconnecting" : "tick failed; trying again",
      metadata: ["error": "\(error)", "failures": "\(failures + 1)"])
  }
}
