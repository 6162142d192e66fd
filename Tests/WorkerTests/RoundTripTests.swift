#if FAULT_INJECTION
  import FoundationEssentials
  import Logging
  import Postgres
  import Queue
  import Synchronization
  import TestServer
  import Testing
  import Verifier

  @testable import Worker

  /// The claim loop, its batches and their ends lose the connection at the first round trip, at the second, and so on,
  /// until a run has no round trip of that number. After each run `twinmill verify` judges all jobs of all runs.
  @Suite("Lost round trips", .dropsDatabases, .timeLimit(.minutes(30)))
  struct RoundTripTests {
    @Test(
      "no job is lost and none is done twice, whichever round trip is lost", arguments: RoundTripFaults.Loss.allCases)
    func each(_ loss: RoundTripFaults.Loss) async throws {
      let stage = try await RoundTripStage()
      var number = 0
      while true {
        number += 1
        let isOver = try await !stage.run(losing: number, loss)
        let verdict = try await stage.verdict()
        #expect(verdict.isProven, "round trip \(number), \(loss): \(verdict.findings)")
        if isOver { break }
      }
      // Connecting, reading the lanes, scanning them, the claims, loading, finishing: far more than these.
      #expect(number > 20)
    }

    @Test("a worker that ends jobs before it stores their outputs is found out")
    func commitBeforeEffects() async throws {
      let stage = try await RoundTripStage(mutant: .commitBeforeEffects)
      for number in 1...200 {
        guard try await stage.run(losing: number, .beforeSending) else { break }
        if try await !stage.verdict().isProven { return }
      }
      Issue.record("every round trip was lost, and nobody noticed")
    }
  }

  /// A worker without heartbeat and maintenance, so that its round trips are those of claims and batches alone.
  private struct RoundTripStage {
    private let database: TestDatabase
    private let connection: Connection
    private let faults = RoundTripFaults()
    private let worker = QueueWorker()
    private let mutant: Mutant?
    private let log = ProducerLog()

    init(mutant: Mutant? = nil) async throws {
      database = try await WorkerDatabase.create()
      connection = try await database.connect()
      self.mutant = mutant
      try await JobQueue.register(kinds: [RowsKind().definition], on: connection)
      try await worker.register(
        QueueWorker.Registration(
          hostname: "test", pid: 1, queues: nil, kinds: ["probe"], lease: .seconds(3600), heartbeat: .seconds(1200)),
        on: connection)
      try await connection.script("SELECT twinmill.limit_queue('limited', running => 2, running_per_key => 1)")
    }

    /// Runs ten jobs of all sorts to their ends.
    /// - Returns: whether so many round trips were needed.
    func run(losing number: Int, _ loss: RoundTripFaults.Loss) async throws -> Bool {
      try await enqueue()
      let context = try context()
      let (shutdown, wakeUp) = (ShutdownSignal(), WakeUp())
      let loop = ClaimLoop(
        context: context, kinds: ["probe": KindRunner(RowsKind())], wakeUp: wakeUp, shutdown: shutdown,
        queries: QueryCancellation(), looked: {})
      faults.arm(at: number, loss)
      let running = Task { try await loop.run() }
      while try await connection.value("SELECT count(*) > 0 FROM twinmill.live_jobs", as: Bool.self) {
        // Maintenance, on a connection that nothing befalls.
        let orphans = try await worker.requeueOrphans(on: connection) { context.inFlight.claims }
        let changes = try await JobQueue.maintainWaiting(on: connection)
        if !orphans.isEmpty || !changes.isEmpty { wakeUp.signal() }
        _ = try await connection.query("SELECT pg_sleep(0.005)")
      }
      let hasStruck = faults.disarm()
      shutdown.set()
      wakeUp.signal()
      try await running.value
      await context.pool.close()
      return hasStruck
    }

    /// Ten jobs; each is written down when its enqueue is answered.
    private func enqueue() async throws {
      let others = "(SELECT array_agg(job_id ORDER BY job_id) FROM twinmill.jobs)"
      let calls = [
        #"arguments => '{"rows": 2}'"#, #"arguments => '{"rows": 2}'"#, #"arguments => '{"does": "nothing"}'"#,
        #"arguments => '{"does": "fail once", "rows": 1}'"#, #"arguments => '{"does": "snooze once", "rows": 1}'"#,
        #"arguments => '{"does": "discard"}'"#,
        #"arguments => '{"rows": 1}', queue => 'limited', concurrency_key => 'one'"#,
        #"arguments => '{"rows": 1}', queue => 'limited', concurrency_key => 'one'"#,
        #"arguments => '{"rows": 1}', queue => 'limited', concurrency_key => 'two'"#,
        #"arguments => '{"rows": 1}', tenant => 'other', on_discard => '{run}', depends_on => "# + others,
      ]
      for call in calls {
        let sql = SQL(stringLiteral: "SELECT job_id, outcome FROM twinmill.enqueue('probe', \(call))")
        let (job, outcome) = try await connection.query(sql).only().decode(JobID.self, String.self)
        try log.add(#"{"job_id":\#(job),"outcome":"\#(outcome)"}"#)
      }
    }

    private func context() throws -> WorkerContext {
      var settings = WorkerSettings()
      settings.lease = .seconds(3600)
      settings.poll = .milliseconds(20)
      settings.flushInterval = .milliseconds(1)
      var connections = database.settings
      connections.options.faults = faults
      let lease = SharedLease(length: settings.lease)
      lease.update { $0.renewed(sentAt: .now) }
      var failpoints = Failpoints()
      failpoints.mutant = mutant
      return WorkerContext(
        settings: settings, worker: worker, pool: Pool(connections, size: 6), compute: try ComputePool(threads: 1),
        lease: lease, inFlight: InFlight(), failpoints: failpoints,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// The verdict of `twinmill verify --drained --limits-as-set`.
    func verdict() async throws -> Verdict {
      let verification = Verification(
        log: try AcknowledgedLog(reading: [log.path]), completeKinds: ["probe"], isDrained: true, since: nil, save: nil,
        limits: [:], keyLimits: [:],
        limitsAsSet: true, slack: 0.02, offenderLimit: 5)
      return try await connection.transaction(readOnly: true) { try await verification.verdict(on: $0) }
    }
  }

  /// As the kind `probe`: writes as many rows as it was told to, which `twinmill verify` counts.
  private struct RowsKind: JobKind {
    struct Arguments: Decodable {
      var does: String?
      var rows: Int?
    }

    let definition = KindDefinition(
      name: "probe", summary: "test", argumentsSchema: JSON(text: "{}"), batchLimit: 4, backoffBase: .milliseconds(1))
    private let seen = Seen()

    func load(_ jobs: [Job], on connection: Connection) async throws -> [JobID: Result<Arguments, JobFailure>] {
      _ = try await connection.query("SELECT 1")
      return jobs.decodeArguments(as: Arguments.self)
    }

    func compute(_ input: Arguments, for job: Job) async throws -> Computed<Int> {
      switch input.does {
      case "fail once" where job.attempt == 1: throw JobFailure("the first attempt fails")
      case "snooze once" where seen.isNew(job.id): return .snooze(.milliseconds(1))
      case "discard": return .discard("as it was told to")
      case "nothing": return .unchanged
      default: return .store(input.rows ?? 0)
      }
    }

    func store(_ outputs: [(job: Job, output: Int)], on connection: Connection) async throws {
      _ = try await connection.query(
        """
        INSERT INTO twinmill.probe_writes (job_id, attempt, n, token)
        SELECT o.job_id, o.attempt, n, o.token
        FROM unnest(\(outputs.map(\.job.id)), \(outputs.map { Int32($0.job.attempt) }),
                    \(outputs.map { Int32($0.output) }), \(outputs.map(\.job.token)))
          AS o(job_id, attempt, rows, token), generate_series(1, o.rows) AS n
        """)
    }
  }

  /// The answers that the producer got, as `twinmill verify --log` reads them; the file goes with the test.
  private final class ProducerLog: Sendable {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).jsonl").path
    private let lines = Mutex<[String]>([])

    deinit {
      do { try FileManager.default.removeItem(atPath: path) } catch {}
    }

    func add(_ line: String) throws {
      let text = lines.withLock { lines in
        lines.append(line)
        return lines.joined(separator: "\n") + "\n"
      }
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }
  }

  private final class Seen: Sendable {
    private let jobs = Mutex<Set<JobID>>([])

    func isNew(_ job: JobID) -> Bool { jobs.withLock { $0.insert(job).inserted } }
  }
#endif
