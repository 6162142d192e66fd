import FoundationEssentials
import Glibc
import Logging
import Postgres
import Queue
import ServiceLifecycle
import Synchronization

/// The daemon: claims jobs, runs them in batches, renews its lease, rescues the jobs of the dead, and stops in order.
public final class Worker: Service {
  private let context: WorkerContext
  private let kinds: [String: KindRunner]
  private let keeper: LeaseKeeper
  private let listener: Listener?
  private let wakeUp = WakeUp()
  private let stopping = StopFlag()
  private let systemd: SystemdNotifier
  private let migrator: Migrator
  private let giveUp: @Sendable () -> Void
  private let lastLook = Mutex(ContinuousClock.now)
  private let isFirstLook = Mutex(true)

  /// - Parameters:
  ///   - listenConnections: for LISTEN and the heartbeat's session lock, where `connections` goes through a
  ///     transaction-pooling proxy; nil = the same.
  ///   - migrator: to refuse a database that this version does not fit.
  ///   - mutant: a safeguard to leave out; only tests of the checker do.
  ///   - giveUp: ends the process; called when computations ignore their cancellation while the worker is to end.
  /// - Throws: `WorkerSettingsError`.
  public init(
    settings: WorkerSettings, connections: ConnectionSettings, listenConnections: ConnectionSettings? = nil,
    kinds: [KindRunner], migrator: Migrator, systemd: SystemdNotifier = SystemdNotifier(), moments: Moments = Moments(),
    mutant: Mutant? = nil, logger: Logger, giveUp: @escaping @Sendable () -> Void = {}
  ) throws(WorkerSettingsError) {
    try settings.validate()
    let id = UUID()
    var logger = logger
    logger[metadataKey: "worker"] = "\(id.uuidString.lowercased())"
    let direct = listenConnections ?? connections
    context = WorkerContext(
      settings: settings, queue: JobQueue(worker: id),
      pool: Pool(connections, size: settings.concurrency + 2),
      compute: try ComputePool(threads: settings.computeThreads),
      lease: SharedLease(length: settings.lease), inFlight: InFlight(), moments: moments, mutant: mutant,
      logger: logger)
    self.kinds = Dictionary(uniqueKeysWithValues: kinds.map { ($0.definition.name, $0) })
    keeper = LeaseKeeper(
      context: context, connections: direct,
      registration: JobQueue.Registration(
        hostname: ProcessInfo.processInfo.hostName, pid: getpid(), queues: settings.queues,
        kinds: kinds.map(\.definition.name).sorted(), lease: settings.lease, heartbeat: settings.heartbeat))
    listener =
      settings.listens
      ? Listener(
        connections: direct, queues: settings.queues.map(Set.init), queue: context.queue, inFlight: context.inFlight,
        wakeUp: wakeUp, poll: settings.poll, logger: logger) : nil
    self.systemd = systemd
    self.migrator = migrator
    self.giveUp = giveUp
  }

  /// Works until the process is asked to stop (SIGTERM: gracefully), then drains and says goodbye.
  /// - Throws: `LeaseLost`, `MigrationError`, or `PostgresError` when the first connection fails for good.
  public func run() async throws {
    context.mutant?.warn(context.logger)
    do {
      try await cancelWhenGracefulShutdown { [self] in try await start() }
    } catch {
      guard Task.isShuttingDownGracefully else { throw error }
      // Asked to stop before there was anything to do.
      await keeper.leave()
      return
    }
    let heartbeatThread = try ComputePool(threads: 1)
    let listener = await keeper.isPooled ? nil : listener
    if listener == nil, context.settings.listens {
      context.logger.notice("a pooling proxy is in between: polling only; TWINMILL_LISTEN_URL names a direct URL")
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask(executorPreference: heartbeatThread) { [keeper] in try await keeper.run() }
      group.addTask { [self] in try await Upkeep(context: context, wakeUp: wakeUp).run() }
      if let listener { group.addTask { try await listener.run() } }
      if systemd.watchdogInterval != nil { group.addTask { [self] in try await watch() } }
      group.addTask { [self] in try await claimUntilStopped() }
      group.addTask { [self] in try await limitDrain() }
      group.addTask { [self] in
        try await Timekeeper(context: context) { [self] in
          stopping.set()
          wakeUp.signal()
        }.run()
      }
      defer { group.cancelAll() }
      do {
        // The first to end: claims drained, or the lease lost.
        try await group.next()
      } catch {
        context.inFlight.cancelAll(error is LeaseLost ? .leaseLost : .draining)
        endSoon(error)
        throw error
      }
    }
    await keeper.leave()
    await context.pool.close()
    context.logger.info("stopped")
  }

  private func claimUntilStopped() async throws {
    let loop = ClaimLoop(context: context, kinds: kinds, wakeUp: wakeUp, stopping: stopping, looked: looked)
    try await withGracefulShutdownHandler {
      try await loop.run()
    } onGracefulShutdown: { [self] in
      systemd.stopping(within: context.settings.drainLimit + .seconds(10))
      context.logger.info("stopping: no more claims", metadata: ["jobs": "\(context.inFlight.count)"])
      stopping.set()
      wakeUp.signal()
    }
  }

  private var queueNames: String { context.settings.queues?.joined(separator: ", ") ?? "all" }

  // MARK: - Start

  /// Waits for a server that is not there yet; refuses a database or a login that waiting will not mend.
  private func start() async throws {
    var backoff = ReconnectBackoff()
    while true {
      do {
        try await context.pool.withConnection { [self] connection in
          try await migrator.check(connection)
          try await JobQueue.register(kinds: kinds.values.map(\.definition), on: connection)
        }
        try await keeper.register()
        break
      } catch let error as PostgresError where error.mendsWithTime {
        await backoff.pause(context.logger, "waiting for the database", error)
        try Task.checkCancellation()
      }
    }
    context.logger.info(
      "working",
      metadata: [
        "queues": "\(queueNames)", "kinds": "\(kinds.keys.sorted())", "version": "\(BuildInfo.version)",
        "compute_threads": "\(context.compute.width)",
      ])
  }

  /// A computation that does not heed its cancellation must not keep a worker alive that is to end: its jobs are
  /// somebody else's, or will be.
  private func endSoon(_ error: any Error) {
    Task.detached { [context, giveUp] in
      try await Task.sleep(for: context.settings.grace)
      context.logger.critical("ending with jobs that ignore their cancellation", metadata: ["error": "\(error)"])
      giveUp()
    }
  }

  // MARK: - Drain

  /// After a graceful shutdown begins: hands back what is still running when the limit is over.
  private func limitDrain() async throws {
    try await gracefulShutdown()
    await keeper.drain()
    let patience = min(context.settings.claimPatience, context.settings.drainLimit)
    try await Task.sleep(for: patience)
    stopping.breakOff()
    try await Task.sleep(for: context.settings.drainLimit - patience)
    context.logger.warning("drain limit reached: handing jobs back", metadata: ["jobs": "\(context.inFlight.count)"])
    context.inFlight.cancelAll(.draining)
    // What ignores cancellation is rescued as a crash; waiting longer would only be killed.
    try await Task.sleep(for: context.settings.grace)
    throw DrainFailed(jobs: context.inFlight.count)
  }

  // MARK: - Watchdog

  /// Notes that the claim loop has looked at the queue; the first look makes the service ready.
  private func looked() {
    lastLook.withLock { $0 = .now }
    if isFirstLook.withLock({ first in
      defer { first = false }
      return first
    }) {
      systemd.ready("working on queues: \(queueNames)")
    }
  }

  /// Pings systemd's watchdog while the claim loop advances, or waits for a reason that a restart would not cure:
  /// all batches busy, or the database away.
  private func watch() async throws {
    guard let interval = systemd.watchdogInterval else { return }
    while !Task.isCancelled {
      let isStuck =
        lastLook.withLock { $0 } + context.settings.poll * 10 < .now && context.inFlight.count == 0
        && context.lease.state() == .held
      if !isStuck { systemd.alive() }
      systemd.status("\(context.inFlight.count) jobs running, lease \(context.lease.state())")
      try await Task.sleep(for: interval)
    }
  }
}

/// Jobs were still running after the drain limit and did not heed their cancellation.
public struct DrainFailed: Error, Sendable, CustomStringConvertible {
  let jobs: Int
  /// How many jobs, and what becomes of them.
  public var description: String {
    "\(jobs) jobs did not stop within the drain limit; they will be returned to the queue as crashed"
  }
}
