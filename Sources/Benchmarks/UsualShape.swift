import Files
import FoundationEssentials
import Postgres

/// The bare statements of a queue of the usual shape, over pipelines of plain connections, on tables of their own.
struct UsualShape: Sendable {
  let stage: BenchStage

  private static let fill = Statement("usual_fill", Embedded.Statements.usual_fill)
  private static let claim = Statement("usual_claim", Embedded.Statements.usual_claim)
  private static let finish = Statement("usual_finish", Embedded.Statements.usual_finish)
  /// As for the worker's statements no scan that was planned for an empty table: each row by its key, in nested loops.
  static let plan = ["enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off", "jit": "off"]

  /// Makes the tables anew.
  static func create(on connection: Connection) async throws {
    try await connection.script(Embedded.Statements.usual_schema)
  }

  /// - Returns: jobs a second, from opening the connections to the last commit.
  func drain(_ jobs: Int) async throws -> Double {
    try await stage.withConnection { connection in
      try await Self.create(on: connection)
      _ = try await connection.query(Self.fill(Int32(jobs)))
      try await connection.script("VACUUM (ANALYZE) twinmill_bench.jobs")
      try await Backlog(stage: stage).checkpoint(on: connection)
    }
    var finished = 0
    let seconds = try await ContinuousClock.seconds { finished = try await runConnections() }
    guard finished == jobs else { throw CommandFailure("the usual shape finished \(finished) of \(jobs) jobs") }
    try await stage.withConnection { try await $0.script("DROP SCHEMA twinmill_bench CASCADE") }
    return Double(jobs) / seconds
  }

  private func runConnections() async throws -> Int {
    try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<stage.worker.concurrency { group.addTask { try await runConnection() } }
      return try await group.reduce(0, +)
    }
  }

  /// Claims and finishes batches until there is nothing left.
  private func runConnection() async throws -> Int {
    let connection = try await stage.connect(Self.plan)
    let worker = UUID()
    var cursor: Int64 = 0
    var finished = 0
    while true {
      let token = UUID()
      let claimed = try await connection.pipeline([
        "SELECT set_config('synchronous_commit', 'off', true)",
        Self.claim(worker, token, cursor, Int32(stage.batchLimit)),
      ])[1]
      var ids: [Int64] = []
      ids.reserveCapacity(claimed.count)
      for row in claimed { ids.append(try row.decode(Int64.self)) }
      guard let last = ids.max() else { break }
      cursor = last
      finished += try await connection.query(Self.finish(worker, token, ids)).affected
    }
    await connection.close()
    return finished
  }
}
