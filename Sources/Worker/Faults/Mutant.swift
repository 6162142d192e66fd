#if FAULT_INJECTION
  import FoundationEssentials
  import Logging
  import Postgres
  import Queue

  /// A worker with one safeguard taken out, so that a test can show that `twinmill verify` notices. Reached through the
  /// environment variable `TWINMILL_TEST_MUTANT` and in no other way; it says so loudly in the log.
  public enum Mutant: String, Sendable, CaseIterable {
    /// Stores whatever the fence has answered.
    case noFence = "no_fence"
    /// Returns the jobs of the dead by id, without looking again whether they are still theirs.
    case rescueByID = "rescue_by_id"
    /// Ends jobs in one transaction and stores their outputs in the next.
    case commitBeforeEffects = "commit_before_effects"
    /// Fences by the attempt's number alone.
    case noToken = "no_token"

    /// Says that results cannot be trusted.
    func warn(_ logger: Logger) {
      logger.critical(
        "TWINMILL_TEST_MUTANT is set: a safeguard is out and results cannot be trusted; never on data that matters",
        metadata: ["mutant": "\(rawValue)"])
    }
  }

  extension Finisher {
    /// `attempt` without one safeguard; nil: this mutant ends attempts as it should.
    func attempt(
      _ endings: [JobQueue.Ending], outputs: [JobID: Kind.Output], as mutant: Mutant
    ) async throws -> Set<JobID>? {
      let jobs = endings.map(\.job.id)
      let stored = endings.compactMap { ending in outputs[ending.job.id].map { (job: ending.job, output: $0) } }
      let finish = context.worker.finish(endings, token: token, idleLimit: context.settings.lease)
      switch mutant {
      case .rescueByID: return nil
      case .noFence:
        return try await context.pool.withConnection { connection in
          try await connection.transaction { connection in
            _ = try await finish.run(on: connection)
            await context.failpoints.hit(.fenced, jobs)
            try await kind.store(stored, on: connection)
          }
          return Set(jobs)
        }
      case .commitBeforeEffects:
        return try await context.pool.withConnection { connection in
          let accepted = try await finish.run(on: connection)
          await context.failpoints.hit(.fenced, jobs)
          try await kind.store(stored.filter { accepted.contains($0.job.id) }, on: connection)
          return accepted
        }
      case .noToken:
        let finish = context.worker.finishWithoutToken(endings, token: token, idleLimit: context.settings.lease)
        return try await context.pool.withConnection { connection in
          try await connection.transaction { connection in
            let accepted = try await finish.run(on: connection)
            await context.failpoints.hit(.fenced, jobs)
            try await kind.store(stored.filter { accepted.contains($0.job.id) }, on: connection)
            return accepted
          }
        }
      }
    }
  }

  extension Maintenance {
    /// A rescue in two steps, with time to be wrong between them.
    func rescueByID(_ suspects: [JobQueue.Heartbeat]) async throws {
      let held = try await context.pool.withConnection { try await JobQueue.held(by: suspects, on: $0) }
      await context.failpoints.hit(.rescuing, [])
      let rescued = try await context.pool.withConnection { try await JobQueue.rescue(byIdAlone: held, on: $0) }
      context.logger.warning("jobs returned by id alone", metadata: ["jobs": "\(rescued)"])
      wakeUp.signal()
    }
  }
#endif
