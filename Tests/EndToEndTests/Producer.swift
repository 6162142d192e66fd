import FoundationEssentials
import Glibc
import Postgres
import PostgresServer
import TestServer

/// A producer outside of the workers: enqueues probes and writes down, durably and after the answer came, what it was
/// told, as `twinmill verify --log` reads it.
actor Producer {
  /// The log.
  nonisolated let path = "/tmp/twinmill-test-\(UUID().uuidString).log"
  private let connection: Connection
  private let file: Int32
  /// Jobs inserted so far.
  private(set) var inserted = 0
  private var isStopped = false

  init(_ database: TestDatabase) async throws {
    connection = try await database.connect()
    file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
  }

  deinit {
    close(file)
    unlink(path)
  }

  /// Asks for one probe.
  /// - Throws: `PostgresError`; the log then says that no answer came.
  func enqueue(
    _ arguments: String = "{\"rows\": 3}", uniqueKey: String? = nil, queue: String? = nil, key: String? = nil,
    maxAttempts: Int? = nil
  ) async throws {
    let answer: (Int64, String)
    do {
      answer = try await connection.query(
        """
        SELECT job_id, outcome FROM twinmill.enqueue('probe', arguments => \(arguments)::text::jsonb,
          unique_key => \(uniqueKey)::text, queue => \(queue)::text,
          concurrency_key => \(key)::text, max_attempts => \(maxAttempts.map { Int32($0) })::integer)
        """
      ).only().decode(Int64.self, String.self)
    } catch {
      write("{\"job_id\":null,\"outcome\":\"unknown\"}\n")
      throw error
    }
    if answer.1 == "inserted" { inserted += 1 }
    write("{\"job_id\":\(answer.0),\"outcome\":\"\(answer.1)\"}\n")
  }

  /// A bit of everything: rows, pauses, failures that pass and such that stay, shared keys, a queue with limits.
  func enqueueMixture(_ number: Int) async throws {
    let rows = number % 4
    switch number % 10 {
    case 3: try await enqueue("{\"rows\": \(rows), \"fail\": \"on purpose\"}", maxAttempts: 1 + number / 10 % 2)
    case 5: try await enqueue("{\"rows\": \(rows), \"sleep_ms\": 5}", uniqueKey: "key \(number / 10 % 3)")
    case 7: try await enqueue("{\"rows\": \(rows), \"sleep_ms\": 2}", queue: "limited")
    case 8: try await enqueue("{\"rows\": \(rows)}", queue: "limited", key: "key \(number / 10 % 5)")
    default: try await enqueue("{\"rows\": \(rows)}")
    }
  }

  /// Asks for one job after another until `stop`.
  /// - Returns: how many were inserted.
  func produceUntilStopped() async throws -> Int {
    var number = 0
    while !isStopped {
      try await enqueueMixture(number)
      number += 1
    }
    return inserted
  }

  /// The job that is being asked for is the last one.
  func stop() { isStopped = true }

  private func write(_ line: String) {
    var line = line
    let written = line.withUTF8 { Glibc.write(file, $0.baseAddress, $0.count) }
    guard written == line.utf8.count, fsync(file) == 0 else { fatalError("cannot write \(path)") }
  }
}

extension Installed {
  /// `twinmill verify`, with a producer's log.
  static func verify(
    _ database: TestDatabase, _ producer: Producer, _ options: String...
  ) async throws -> ChildProcess.Output {
    try await run(
      ["verify", "--log", producer.path, "--complete", "probe"] + options, url: database.url)
  }
}
