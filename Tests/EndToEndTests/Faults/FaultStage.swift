import FoundationEssentials
import Glibc
import Postgres
import PostgresServer
import TestServer
import Testing

/// Two workers, a producer outside of them that survives what they survive, and the judge: what each fault needs.
struct FaultStage {
  let database: TestDatabase
  /// Of the test itself, as the superuser.
  let connection: Connection
  let producer: SteadyProducer
  let workers: [Daemon]

  /// Small batches, so that a fault meets many; a lease that no pause of the machine outlasts.
  static let settings: [String: String?] = Daemon.quick.merging(["TWINMILL_BATCH_LIMIT": "20"]) { $1 }

  /// - Parameters:
  ///   - url: the workers' way to the database, if it is not the test's.
  ///   - settings: of the workers, over the usual ones.
  init(
    _ database: TestDatabase, workersURL url: String? = nil, workers count: Int = 2,
    settings: [String: String?] = [:]
  ) async throws {
    self.database = database
    connection = try await database.connect()
    _ = try await connection.query("SELECT twinmill.limit_queue('limited', running => 3, running_per_key => 1)")
    producer = try SteadyProducer(database)
    var workers: [Daemon] = []
    for _ in 0..<count {
      workers.append(
        try await Daemon(
          "worker", url: url ?? database.url, environment: Self.settings.merging(settings) { $1 }))
    }
    self.workers = workers
    for worker in workers { try await worker.untilLogged("working") }
    await producer.begin()
  }

  /// Returns when so many more jobs have ended than by now.
  func untilEnded(_ more: Int64) async throws {
    let now = try await connection.value("SELECT count(*) FROM twinmill.job_history", as: Int64.self)
    try await connection.until("SELECT count(*) >= \(now + more) FROM twinmill.job_history")
  }

  /// How long a fresh job takes from now to its end.
  func recovery(on connection: Connection? = nil) async throws -> Duration {
    let connection = connection ?? self.connection
    let start = ContinuousClock.now
    let job: Int64 = try await connection.value(
      "SELECT job_id FROM twinmill.enqueue('probe', arguments => '{\"rows\": 1}', priority => 0)")
    try await connection.until(
      "SELECT EXISTS (SELECT FROM twinmill.job_history WHERE job_id = \(job) AND state = 'completed')")
    return ContinuousClock.now - start
  }

  /// Ends the producer, waits for the last job, lets `verify` judge, and ends the workers.
  /// - Parameters:
  ///   - fault: its number and name, for the printed line.
  ///   - mayBeLost: a worker may have been declared dead; it then has ended with status 75.
  func judge(
    _ fault: String, recovery: Duration, mayBeLost: Bool = false, on connection: Connection? = nil
  ) async throws {
    let connection = connection ?? self.connection
    await producer.stop()
    try await connection.until("SELECT count(*) = 0 FROM twinmill.live_jobs WHERE kind = 'probe'")
    let verdict = try await Installed.run(
      ["verify", "--log", producer.path, "--drained", "--json"], url: database.url)
    #expect(verdict.status == 0, "\(verdict.out)\(verdict.err)\(workers.map(\.log).joined().suffix(4000))")
    for worker in workers {
      #expect(worker.isRunning || mayBeLost)
      let status = await worker.stop()
      #expect(status == 0 || (mayBeLost && status == 75), "\(worker.log.suffix(2000))")
    }
    let (ended, again) = try await connection.query(
      "SELECT count(*), count(*) FILTER (WHERE attempt > 1) FROM twinmill.job_history"
    ).only().decode(Int64.self, Int64.self)
    let lost = Self.refutations(of: "acknowledged", verdict.out)
    let doubled = Self.refutations(of: "writes", verdict.out)
    print(
      "fault \(fault): \(ended) jobs, \(lost) lost, \(doubled) with wrong effects, \(again) ran again, "
        + "recovered in \(recovery.inSeconds) s")
    await connection.close()
  }

  /// The member `refutations` of a check in the output of `verify --json`.
  private static func refutations(of check: String, _ output: String) -> String {
    let members = output.split(separator: "{").first { $0.contains("\"check\":\"\(check)\"") } ?? ""
    return members.firstMatch(of: /"refutations":([0-9]+)/).map { String($0.1) } ?? "?"
  }
}

extension Duration {
  /// In seconds, with two digits.
  var inSeconds: Double { (self / .milliseconds(10)).rounded() / 100 }
}

/// Keeps asking for probes, whatever happens to its connection, and writes down durably what it was told.
actor SteadyProducer {
  /// The log, as `twinmill verify --log` reads it.
  nonisolated let path = "/tmp/twinmill-test-\(UUID().uuidString).log"
  private let database: TestDatabase
  private let file: Int32
  private var work: Task<Void, Never>?
  private(set) var acknowledged: [Int64] = []
  private(set) var unanswered = 0

  init(_ database: TestDatabase) throws {
    self.database = database
    file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
  }

  deinit {
    close(file)
    unlink(path)
  }

  func begin() {
    work = Task { await produce() }
  }

  /// Returns when the last answer has come.
  func stop() async {
    work?.cancel()
    await work?.value
    work = nil
  }

  private func produce() async {
    var connection: Connection?
    var number = 0
    while !Task.isCancelled {
      do {
        let open = if let connection { connection } else { try await database.connect() }
        connection = open
        number += 1
        // A task of its own: the end of the test breaks no question off.
        let request = Self.request(number)
        let answer = Task { [open] in try await open.query(request) }
        let (job, outcome) = try await answer.value.only().decode(Int64.self, String.self)
        acknowledged.append(job)
        write("{\"job_id\":\(job),\"outcome\":\"\(outcome)\"}\n")
      } catch {
        if connection != nil {
          unanswered += 1
          write("{\"job_id\":null,\"outcome\":\"unknown\"}\n")
        }
        await connection?.close()
        connection = nil
        do { try await Task.sleep(for: .milliseconds(50)) } catch { break }
      }
    }
    await connection?.close()
  }

  /// Rows, pauses, failures that stay, shared keys, a queue with limits.
  private static func request(_ number: Int) -> SQL {
    let arguments =
      switch number % 10 {
      case 3: "{\"rows\": 2, \"fail\": \"on purpose\"}"
      case 5: "{\"rows\": 1, \"sleep_ms\": 20}"
      default: "{\"rows\": \(number % 4)}"
      }
    let queue: String? = number % 10 >= 8 ? "limited" : nil
    let key: String? = number % 10 == 9 ? "key \(number / 10 % 5)" : nil
    return """
      SELECT job_id, outcome FROM twinmill.enqueue('probe', arguments => \(arguments)::text::jsonb,
        queue => \(queue)::text, concurrency_key => \(key)::text, max_attempts => 1)
      """
  }

  private func write(_ line: String) {
    var line = line
    let written = line.withUTF8 { Glibc.write(file, $0.baseAddress, $0.count) }
    guard written == line.utf8.count, fsync(file) == 0 else { fatalError("cannot write \(path)") }
  }
}
