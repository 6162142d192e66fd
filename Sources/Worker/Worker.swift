import FoundationEssentials
import Glibc
import Logging
import Postgres
import Queue
import ServiceLifecycle
import Telemetry

/// The daemon: claims jobs, runs them in batches, renews its lease, rescues the jobs of dead workers, and stops in order.
public final class Worker: Service {
  let context: WorkerContext
  let kinds: [String: KindRunner]
  let renewer: LeaseRenewer
  private let listener: Listener?
  private let wakeUp = WakeUp()
  private let shutdown = ShutdownSignal()
  let queries = QueryCancellation()
  private let readiness: ReadinessReporter
  let migrator: Migrator
  let giveUp: @Sendable () -> Void

  /// - Parameters:
  ///   - listenConnections: for LISTEN and the heartbeat's session lock, where `connections` goes through a
  ///     transaction-pooling proxy; nil = the same.
  ///   - migrator: to refuse a database that this version does not fit.
  ///   - supervisor: told how the worker fares; nil = nobody.
  ///   - giveUp: ends the process; called when computations ignore their cancellation while the worker is to end.
  /// - Throws: `WorkerSettingsError`.
  public init(
    settings: WorkerSettings, connections: ConnectionSettings, listenConnections: ConnectionSettings? = nil,
    kinds: [KindRunner], migrator: Migrator, supervisor: (any Supervisor)? = nil,
    failpoints: Failpoints = Failpoints(), logger: Logger,
    giveUp: @escaping @Sendable () -> Void = {}
  ) throws(WorkerSettingsError) {
    try settings.validate()
    let worker = QueueWorker()
    var logger = logger
    logger[metadataKey: "worker"] = "\(worker.id.uuidString.lowercased())"
    let direct = listenConnections ?? connections
    context = WorkerContext(
      settings: settings, worker: worker, pool: Pool(connections, size: settings.concurrency + 2),
      compute: try ComputePool(threads: settings.computeThreads),
      lease: SharedLease(length: settings.lease), inFlight: InFlight(), failpoints: failpoints, logger: logger)
    self.kinds = Dictionary(uniqueKeysWithValues: kinds.map { ($0.definition.name, $0) })
    renewer = LeaseRenewer(
      context: context, connections: direct,
      registration: QueueWorker.Registration(
        hostname: ProcessInfo.processInfo.hostName, pid: getpid(), queues: settings.queues,
        kinds: kinds.map(\.definition.name).sorted(), lease: settings.lease, heartbeat: settings.heartbeat))
    listener =
      settings.listens
      ? Listener(
        connections: direct, queues: settings.queues.map(Set.init), worker: worker, inFlight: context.inFlight,
        wakeUp: wakeUp, poll: settings.poll, logger: logger) : nil
    readiness = ReadinessReporter(context: context, supervisor: supervisor ?? Unsupervised())
    self.migrator = migrator
    self.giveUp = giveUp
  }

  /// Works until the process is asked to stop (SIGTERM: gracefully), then drains and says goodbye.
  /// - Throws: `LeaseLost`, `MigrationError`, or `PostgresError` when the first connection fails for good.
  public func run() async throws {
    #if FAULT_INJECTION
      context.failpoints.mutant?.warn(context.logger)
    #endif
    do {
      try await cancelWhenGracefulShutdown { [self] in try await start() }
    } catch {
      guard Task.isShuttingDownGracefully else { throw error }
      // Asked to stop before there was anything to do.
      await renewer.leave()
      return
    }
    let heartbeatThread = try ComputePool(threads: 1)
    let listener = await renewer.isPooled ? nil : listener
    if listener == nil, context.settings.listens {
      context.logger.emit(.workerPollsOnly)
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask(executorPreference: heartbeatThread) { [renewer] in try await renewer.run() }
      group.addTask { [self] in try await Maintenance(context: context, wakeUp: wakeUp).run() }
      if let listener { group.addTask { try await listener.run() } }
      if let interval = readiness.watchdogInterval {
        group.addTask { [readiness] in try await readiness.pingWatchdog(every: interval) }
      }
      group.addTask { [self] in try await claimUntilStopped() }
      group.addTask { [self] in try await limitDrain() }
      group.addTask { [self] in try await TimeoutWatchdog(context: context, stopClaiming: stopClaiming).run() }
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
    await renewer.leave()
    await context.pool.close()
    context.logger.emit(.workerStopped)
  }

  private func claimUntilStopped() async throws {
    let loop = ClaimLoop(
      context: context, kinds: kinds, wakeUp: wakeUp, shutdown: shutdown, queries: queries,
      looked: { [readiness] in readiness.looked() })
    try await withGracefulShutdownHandler {
      try await loop.run()
    } onGracefulShutdown: { [self] in
      readiness.stopping()
      context.logger.emit(.workerStopping, [.jobCount: "\(context.inFlight.count)"])
      stopClaiming()
    }
  }

  @Sendable private func stopClaiming() {
    shutdown.set()
    wakeUp.signal()
  }
}
