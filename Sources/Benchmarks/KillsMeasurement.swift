import Files
import FoundationEssentials
import Postgres
import PostgresServer
import Simulation
import Synchronization

/// Workers are killed again and again under load; nothing is lost, no effect happens twice.
struct KillsMeasurement: Measurement {
  static let name = "kills"
  static let summary = "many such kills: jobs lost, effects twice"

  let stage: BenchStage
  let sizes: BenchSizes

  struct Figures: Encodable {
    let method = """
      Two workers; one connection enqueues probes of 100 ms that each write one row, evenly over the time of the kills; \
      every 3 s one worker in turn gets SIGKILL and is started again. Every id whose enqueueing was acknowledged is \
      looked up at the end: lost is neither finished nor waiting; effects_twice has more than one row; effects_missing \
      is completed without the row of its last attempt. discarded: there at three crashes, set aside with the reason. \
      verify: what twinmill verify --drained says of the same log.
      """
    let kills: Int
    let acknowledged: Int
    let completed: Int
    let discarded: Int
    let stillOpen: Int
    let lost: Int
    let effectsTwice: Int
    let effectsMissing: Int
    let jobsOfMoreThanOneAttempt: Int
    let verify: String
    let seconds: Double
  }

  private static let writes = Statement("bench_writes", Embedded.Statements.bench_writes)
  private static let interval = 3.0
  private static let perCall = 5

  func run() async throws -> Figures {
    let connection = try await stage.connect()
    let backlog = Backlog(stage: stage)
    try await backlog.clear(on: connection)
    let started = ContinuousClock.now
    let jobs = try await load(backlog, connection)
    let seconds = (ContinuousClock.now - started).seconds
    let figures = try await figures(of: jobs, seconds: seconds, connection)
    try await backlog.clear(on: connection)
    await connection.close()
    return figures
  }

  private func load(_ backlog: Backlog, _ connection: Connection) async throws -> [Int64] {
    var workers: [BenchWorker] = []
    for _ in 1...2 { workers.append(try await BenchWorker.start(stage)) }
    do {
      let time = Double(sizes.kills) * Self.interval
      let producer = LoadProducer(stage: stage, seconds: time)
      async let asking = producer.run(
        rate: Double(sizes.killJobs) / time, perCall: Self.perCall, arguments: #"{"sleep_ms":100,"rows":1}"#)
      for number in 0..<sizes.kills {
        try await Task.sleep(for: .seconds(Self.interval))
        await workers[number % 2].kill()
        workers[number % 2] = try await BenchWorker.start(stage)
      }
      let jobs = try await asking.flatMap(\.jobs)
      try await backlog.untilEmpty(last: jobs.max() ?? 0, workers: workers, on: connection)
      for worker in workers { await worker.stop() }
      return jobs
    } catch {
      for worker in workers { await worker.kill() }
      throw error
    }
  }

  private func figures(of jobs: [Int64], seconds: Double, _ connection: Connection) async throws -> Figures {
    let (completed, otherwise, live, twice, missing, again) = try await connection.query(Self.writes(jobs))[0].decode(
      Int64.self, Int64.self, Int64.self, Int64.self, Int64.self, Int64.self)
    return Figures(
      kills: sizes.kills, acknowledged: jobs.count, completed: Int(completed), discarded: Int(otherwise),
      stillOpen: Int(live), lost: jobs.count - Int(completed) - Int(otherwise) - Int(live), effectsTwice: Int(twice),
      effectsMissing: Int(missing), jobsOfMoreThanOneAttempt: Int(again), verify: try await verify(jobs),
      seconds: seconds.rounded(to: 1))
  }

  /// - Returns: `proven`, or what the checker says instead.
  private func verify(_ jobs: [Int64]) async throws -> String {
    let log = "\(stage.folder)/acknowledged.jsonl"
    do {
      try jobs.map { "{\"job_id\":\($0),\"outcome\":\"inserted\"}\n" }.joined()
        .write(toFile: log, atomically: false, encoding: .utf8)
    } catch {
      throw CommandFailure("cannot write \(log): \(error)")
    }
    let output = try await ChildProcess.run(
      [ThisProgram.file, "verify", "--drained", "--log", log], environment: ["DATABASE_URL": stage.url])
    return output.status == 0 ? "proven" : "status \(output.status): \(output.out)\(output.err)"
  }
}
