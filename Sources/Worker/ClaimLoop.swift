import FoundationEssentials
import Logging
import Postgres
import Queue

/// Claims batches while there is room, and hands each to its kind.
struct ClaimLoop: Sendable {
  let context: WorkerContext
  let kinds: [String: KindRunner]
  let wakeUp: WakeUp
  /// Set when the worker is to stop: no more claims, but the batches in flight go on.
  let stopping: StopFlag
  /// Told of every look at the queue, for readiness and the watchdog.
  let looked: @Sendable () -> Void

  /// What the loop remembers from turn to turn.
  private struct Memory {
    var source: ClaimSource
    var inFlight = 0
    /// Whether a wait is over since the last look.
    var hasWaited = true
  }

  /// Claims until told to stop; returns when all batches have ended.
  /// - Throws: `LeaseLost`.
  func run() async throws {
    var memory = Memory(source: ClaimSource(context: context, kinds: kinds))
    var backoff = ReconnectBackoff()
    try await withThrowingTaskGroup(of: Void.self) { batches in
      while !stopping.isSet {
        if memory.inFlight >= context.settings.concurrency {
          try await batches.next()
          memory.inFlight -= 1
          continue
        }
        switch context.lease.state(margin: context.settings.heartbeat) {
        case .held: break
        case .lost: throw LeaseLost()
        case .unknown:
          // The database is away, or answers late: the heartbeat finds out.
          await wakeUp.wait(atMost: .milliseconds(20))
          continue
        }
        do {
          let (claim, pause) = try await look(&memory)
          memory.hasWaited = false
          if backoff.succeeded() { context.logger.notice("the database is back") }
          looked()
          guard let claim, !claim.jobs.isEmpty else {
            // The signal to stop may have been taken for one of new jobs.
            if !stopping.isSet { await wakeUp.wait(atMost: min(context.settings.poll, pause ?? context.settings.poll)) }
            memory.hasWaited = true
            continue
          }
          try await start(claim, in: &batches, &memory)
        } catch let error as PostgresError {
          await backoff.pause(context.logger, "claiming waits for the database", error)
        }
      }
      context.logger.debug("no more claims", metadata: ["batches": "\(memory.inFlight)"])
    }
  }

  /// The next batch, or how long to wait for one. Broken off when the worker is to stop and the server does not answer.
  private func look(_ memory: inout Memory) async throws -> (claim: JobQueue.Claim?, pause: Duration?) {
    let (before, hasWaited, isNotified) = (memory.source, memory.hasWaited, wakeUp.take())
    let claiming = Task {
      var source = before
      let next: Result<(claim: JobQueue.Claim?, pause: Duration?), PostgresError>
      do throws(PostgresError) {
        next = .success(try await source.next(isNotified: isNotified, hasWaited: hasWaited))
      } catch {
        next = .failure(error)
      }
      return (source, next)
    }
    let (after, next) = await stopping.untilBrokenOff(claiming)
    memory.source = after
    return try next.get()
  }

  /// Runs a claim's batch beside the others; a job that was there at two crashes runs when nothing else does, so that
  /// the third hits nobody else.
  private func start(
    _ claim: JobQueue.Claim, in batches: inout ThrowingTaskGroup<Void, any Error>, _ memory: inout Memory
  ) async throws {
    let isSuspect = claim.jobs[0].crashes >= 2
    while isSuspect, memory.inFlight > 0 {
      try await batches.next()
      memory.inFlight -= 1
    }
    guard let runner = kinds[claim.jobs[0].kind], !(isSuspect && stopping.isSet) else {
      // Without its token it is a stray, and handed back.
      context.inFlight.end(claim.token)
      return
    }
    let time = ClaimTime(received: .now)
    batches.addTask { [context] in
      let share = context.shares.began(claim.jobs[0].tenant)
      await runner.run(claim, time, context)
      context.shares.ended(share)
      context.inFlight.end(claim.token)
    }
    if isSuspect { try await batches.next() } else { memory.inFlight += 1 }
  }
}
