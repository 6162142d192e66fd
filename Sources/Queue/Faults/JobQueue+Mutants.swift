#if FAULT_INJECTION
  import FoundationEssentials
  import Postgres

  /// Statements with a safeguard taken out: what `twinmill verify` must refute. Only the worker's `Mutant` calls them.
  extension QueueWorker {
    /// `finish` with the attempt's number as its only fence: the claim is found by its jobs, whoever made it.
    public func finishWithoutToken(_ endings: [JobQueue.Ending], token: UUID, idleLimit: Duration) -> JobQueue.Finish {
      finish(endings, token: token, idleLimit: idleLimit, by: Self.finishByAttempt)
    }

    static let finishByAttempt = Statement(
      name: "mutant_finish_by_attempt",
      text: Statements.finish.text
        .replacing("SELECT c.token, c.lane", with: "SELECT c.token, c.worker, c.lane")
        .replacing("WHERE c.token = $2 AND c.worker = $1", with: "WHERE c.job_ids && $3::bigint[]")
        .replacing("clock_timestamp(), $1, $2, f.", with: "clock_timestamp(), c.worker, c.token, f."))

  }

  extension JobQueue {
    /// A job in the claims of a worker that looks dead.
    public struct Held: Sendable {
      let job: JobID
      let worker: UUID
    }

    /// The first half of a rescue that does not repeat its predicate.
    public static func held(by suspects: [JobQueue.Heartbeat], on connection: Connection) async throws(PostgresError)
      -> [Held]
    {
      var held: [Held] = []
      for row in try await connection.query(Self.heldByWorkers(suspects.map(\.worker))) {
        let (job, worker) = try row.decode(Int64.self, UUID.self)
        held.append(Held(job: job, worker: worker))
      }
      return held
    }

    /// The second half: returns jobs by their ids alone, whoever has them by now.
    public static func rescue(byIdAlone held: [Held], on connection: Connection) async throws(PostgresError) -> [JobID]
    {
      var rescued: [JobID] = []
      for row in try await connection.query(Self.rescueById(held.map(\.job), held.map(\.worker))) {
        rescued.append(try row.decode(Int64.self))
      }
      return rescued
    }

    private static let heldByWorkers = Statement("mutant_held", Embedded.Faults.mutant_held)
    private static let rescueById = Statement("mutant_rescue_by_id", Embedded.Faults.mutant_rescue_by_id)
  }
#endif
