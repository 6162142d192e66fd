import Files
import FoundationEssentials
import Glibc
import Postgres
import PostgresServer

/// Jobs come in by array, by COPY from the command line, and one by one; beside it, bare COPY and bare commits.
struct EnqueueMeasurement: Measurement {
  static let name = "enqueue"
  static let summary = "enqueue_many, COPY from the command line, single calls against bare commits, bare COPY"

  let stage: BenchStage
  let sizes: BenchSizes

  struct Figures: Encodable {
    let method = """
      No worker runs. enqueue_many: arrays of 1,000 probes with arguments, checked by the kind's schema, a commit for \
      each array, on one connection and on as many as there are cores. copy_from_cli: twinmill enqueue --from \
      FILE.jsonl, from process start to its end. bare_copy: COPY into a table of the usual shape, one connection. \
      single: SELECT twinmill.enqueue(…), a durable commit each, on as many connections as a worker has batches in \
      flight and on one; bare_single: INSERT of one row of the usual shape on as many; these two take turns.
      """
    let jobs: Int
    let connections: Int
    let enqueueMany: RateFigures
    let enqueueManyOneConnection: RateFigures
    let copyFromCLI: RateFigures
    let copyFromCLIFailure: String?
    let bareCopy: RateFigures
    let singleConnections: Int
    let single: RateFigures
    let bareSingle: RateFigures
    let singleToBare: RatioFigures
    let singleOneConnection: RateFigures
    let bareSingleOneConnection: RateFigures
    let singleToBareOneConnection: RatioFigures

    enum CodingKeys: String, CodingKey {
      case method, jobs, connections, enqueueMany, enqueueManyOneConnection
      case copyFromCLI = "copy_from_cli"
      case copyFromCLIFailure = "copy_from_cli_failure"
      case bareCopy, singleConnections, single, bareSingle, singleToBare
      case singleOneConnection, bareSingleOneConnection, singleToBareOneConnection
    }
  }

  private var cores: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  func run() async throws -> Figures {
    var many: [Double] = []
    var manyAlone: [Double] = []
    var copy: [Double] = []
    var bareCopy: [Double] = []
    var single: [Double] = []
    var bareSingle: [Double] = []
    var singleAlone: [Double] = []
    var bareSingleAlone: [Double] = []
    var failure: String?
    for _ in 1...sizes.rounds {
      many.append(try await enqueueMany(connections: cores))
      manyAlone.append(try await enqueueMany(connections: 1))
      switch try await copyFromCLI() {
      case .success(let rate): copy.append(rate)
      case .failure(let error): failure = error.description
      }
      bareCopy.append(try await copyBare())
      single.append(try await singleCalls(connections: stage.worker.concurrency))
      bareSingle.append(try await singleInserts(connections: stage.worker.concurrency))
      singleAlone.append(try await singleCalls(connections: 1))
      bareSingleAlone.append(try await singleInserts(connections: 1))
    }
    try await empty()
    try await stage.withConnection { try await $0.script("DROP SCHEMA twinmill_bench CASCADE") }
    return Figures(
      jobs: sizes.jobs, connections: cores, enqueueMany: RateFigures(many),
      enqueueManyOneConnection: RateFigures(manyAlone), copyFromCLI: RateFigures(copy), copyFromCLIFailure: failure,
      bareCopy: RateFigures(bareCopy), singleConnections: stage.worker.concurrency, single: RateFigures(single),
      bareSingle: RateFigures(bareSingle), singleToBare: RatioFigures(single, over: bareSingle),
      singleOneConnection: RateFigures(singleAlone), bareSingleOneConnection: RateFigures(bareSingleAlone),
      singleToBareOneConnection: RatioFigures(singleAlone, over: bareSingleAlone))
  }

  // MARK: - Sides

  private func enqueueMany(connections: Int) async throws -> Double {
    try await empty()
    let calls = max(1, sizes.jobs / Enqueuer.arrayLength / connections)
    let length = min(sizes.jobs, Enqueuer.arrayLength)
    let seconds = try await spread(over: connections) { connection in
      let array = Enqueuer.array(length, arguments: #"{"sleep_ms":0}"#)
      for _ in 0..<calls { _ = try await Enqueuer.enqueueMany(array, on: connection) }
    }
    return Double(connections * calls * length) / seconds
  }

  /// - Returns: the rate, or why the program refused.
  private func copyFromCLI() async throws -> Result<Double, CommandFailure> {
    try await empty()
    let file = "\(stage.folder)/jobs.jsonl"
    let line = Enqueuer.job(arguments: #"{"sleep_ms":0}"#) + "\n"
    do {
      try String(repeating: line, count: sizes.jobs).write(toFile: file, atomically: false, encoding: .utf8)
    } catch {
      throw CommandFailure("cannot write \(file): \(error)")
    }
    defer { unlink(file) }
    let started = ContinuousClock.now
    let output = try await ChildProcess.run(
      [ThisProgram.file, "enqueue", "--from", file], environment: ["DATABASE_URL": stage.url])
    let seconds = (ContinuousClock.now - started).seconds
    guard output.status == 0 else {
      let line = output.err.split(separator: "\n").first.map(String.init) ?? "status \(output.status)"
      stage.say("  twinmill enqueue --from: \(line)")
      return .failure(CommandFailure(line))
    }
    let came = try await stage.withConnection { try await Backlog(stage: stage).open(on: $0) }
    guard came == sizes.jobs else {
      throw CommandFailure("twinmill enqueue --from of \(sizes.jobs) lines made \(came) jobs")
    }
    return .success(Double(sizes.jobs) / seconds)
  }

  private func copyBare() async throws -> Double {
    try await empty()
    let rows = sizes.jobs
    let seconds = try await spread(over: 1) { connection in
      _ = try await connection.copyIn(
        "COPY twinmill_bench.jobs (state, kind, queue, arguments) FROM STDIN (FORMAT binary)", 0..<rows
      ) { (_, row) throws(PostgresError) in
        // The state's type has no Swift type of its own; an enum's binary form is its text.
        try row.append("ready")
        try row.append("probe")
        try row.append("bench")
        try row.append(JSON("{}"))
      }
    }
    return Double(rows) / seconds
  }

  private func singleCalls(connections: Int) async throws -> Double {
    try await empty()
    let calls = max(1, sizes.singleCalls / connections)
    let seconds = try await spread(over: connections) { connection in
      let call = Enqueuer.call(1, arguments: #"{"sleep_ms":0}"#)
      for _ in 0..<calls { _ = try await connection.query(call) }
    }
    return Double(calls * connections) / seconds
  }

  private func singleInserts(connections: Int) async throws -> Double {
    try await empty()
    let calls = max(1, sizes.singleCalls / connections)
    let insert = Statement(
      name: "bench_insert",
      text: """
        INSERT INTO twinmill_bench.jobs (state, kind, queue, arguments) VALUES ('ready', 'probe', $2, $1) RETURNING id
        """)
    let seconds = try await spread(over: connections) { connection in
      for _ in 0..<calls { _ = try await connection.query(insert(JSON(#"{"sleep_ms":0}"#), BenchStage.queue)) }
    }
    return Double(calls * connections) / seconds
  }

  // MARK: - Common

  private func empty() async throws {
    try await stage.withConnection { connection in
      let backlog = Backlog(stage: stage)
      try await backlog.clear(on: connection)
      try await UsualShape.create(on: connection)
      try await backlog.settle(on: connection)
    }
  }

  /// Seconds until all connections have done the same work; they are open before the clock starts.
  private func spread(
    over count: Int, _ work: @escaping @Sendable (Connection) async throws -> Void
  ) async throws -> Double {
    var connections: [Connection] = []
    for _ in 0..<count { connections.append(try await stage.connect()) }
    let started = ContinuousClock.now
    try await withThrowingTaskGroup(of: Void.self) { group in
      for connection in connections { group.addTask { try await work(connection) } }
      try await group.waitForAll()
    }
    let seconds = (ContinuousClock.now - started).seconds
    for connection in connections { await connection.close() }
    return seconds
  }
}

/// How the benchmark asks for jobs.
enum Enqueuer {
  /// Jobs of one call of `enqueue_many`.
  static let arrayLength = 1000

  /// One job as `enqueue_many` and `enqueue --from` take it.
  static func job(arguments: String) -> String {
    #"{"kind":"probe","queue":"\#(BenchStage.queue)","arguments":\#(arguments)}"#
  }

  /// An array of equal jobs.
  static func array(_ count: Int, arguments: String = "{}") -> JSON {
    JSON("[" + [String](repeating: job(arguments: arguments), count: count).joined(separator: ",") + "]")
  }

  private static let many = Statement(
    name: "bench_enqueue_many", text: "SELECT job_id, outcome FROM twinmill.enqueue_many($1)")

  private static let single = Statement(
    name: "bench_enqueue",
    text: "SELECT job_id, outcome FROM twinmill.enqueue('probe', arguments => $1, queue => $2)")

  /// One call that asks for so many equal jobs; its rows are for `ids`.
  static func call(_ count: Int, arguments: String) -> SQL {
    count == 1 ? single(JSON(arguments), BenchStage.queue) : many(array(count, arguments: arguments))
  }

  /// - Returns: the jobs' ids.
  /// - Throws: `CommandFailure` when a job was not inserted.
  @discardableResult
  static func enqueueMany(_ array: JSON, on connection: Connection) async throws -> [Int64] {
    try ids(try await connection.query(many(array)))
  }

  /// The ids in an answer of `enqueue_many`.
  static func ids(_ rows: Rows) throws -> [Int64] {
    try rows.map { row in
      let (id, outcome) = try row.decode(Int64?.self, String.self)
      guard let id, outcome == "inserted" else { throw CommandFailure("a job of the benchmark was \(outcome)") }
      return id
    }
  }
}
