import FoundationEssentials
import Postgres
import PostgresServer
import TestServer

@testable import Queue

/// A database with the queue's schema and a register of one twin, for tests that need no others.
enum QueueDatabase {
  static func create(on server: PrivateServer? = nil) async throws -> TestDatabase {
    try await TestDatabase.create(from: "queue", on: server) { connection in
      _ = try await Migrator([.queue, oneTwin]).up(connection)
      try await JobQueue.register(
        kinds: [definition("probe"), definition("other"), definition("about_twin", needsTwin: true)], on: connection)
    }
  }

  /// Knows one twin, 00000000-0000-0000-0000-000000000001: replaces the queue's functions that believe every id.
  static let oneTwin = SchemaModule(
    "one twin",
    files: [
      (
        "Routines/twin_exists.sql",
        """
        CREATE OR REPLACE FUNCTION twinmill.twin_exists(twin uuid) RETURNS boolean LANGUAGE sql
          AS $$ SELECT twin = '00000000-0000-0000-0000-000000000001' $$;
        """
      ),
      (
        "Routines/unknown_twins.sql",
        """
        CREATE OR REPLACE FUNCTION twinmill.unknown_twins(twins uuid[]) RETURNS uuid[] LANGUAGE sql
          AS $$ SELECT array_remove(coalesce(twins, '{}'), '00000000-0000-0000-0000-000000000001') $$;
        """
      ),
    ])

  static func definition(_ name: String, needsTwin: Bool = false) -> KindDefinition {
    KindDefinition(
      name: name, summary: "test",
      argumentsSchema: JSON(
        text: """
          {"type": "object", "additionalProperties": false, "required": [], "properties": {
            "count": {"type": "integer", "minimum": 0, "maximum": 9},
            "mode": {"enum": ["fast", "slow"]},
            "name": {"type": "string", "minLength": 2, "maxLength": 4},
            "tags": {"type": "array", "maxItems": 2, "items": {"type": "string"}}}}
          """), needsTwin: needsTwin)
  }
}

extension QueueWorker {
  /// A registered worker.
  static func registered(
    on connection: Connection, lease: Duration = .seconds(60), heartbeat: Duration = .seconds(1)
  ) async throws -> QueueWorker {
    let queue = QueueWorker()
    try await queue.register(
      Registration(
        hostname: "test", pid: 1, queues: ["default"], kinds: ["probe"], lease: lease, heartbeat: heartbeat),
      on: connection)
    return queue
  }

  /// Both queues of every lane of these kinds, from the front.
  func ranges(_ kinds: [String] = ["probe"], limit: Int = 100, on connection: Connection) async throws -> [ClaimRange] {
    try await JobQueue.promoteDueAndReadLanes(queues: nil, kinds: kinds, on: connection).lanes.flatMap { lane in
      [.requeued, .fresh].map { ClaimRange(lane: lane, order: $0, cursor: 0, limit: limit) }
    }
  }

  /// Claims from every lane of the kind `probe`, from the front.
  func claim(limit: Int = 100, on connection: Connection) async throws -> JobQueue.Claim {
    try await claimUnlimited(try await ranges(limit: limit, on: connection), token: UUID(), on: connection)
  }

  /// Ends jobs and says which of them the fence accepted.
  func end(_ jobs: [Job], _ outcome: JobQueue.Outcome, token: UUID, on connection: Connection) async throws -> Set<
    JobID
  > {
    let endings = jobs.map { JobQueue.Ending(job: $0, outcome: outcome, startedAt: $0.claimedAt) }
    return try await finish(endings, token: token, idleLimit: .seconds(60)).run(on: connection)
  }
}

extension Connection {
  /// Enqueues n probes in one statement.
  func enqueueProbes(_ count: Int, kind: String = "probe", priority: Int = 0) async throws {
    _ = try await query(
      """
      SELECT (twinmill.enqueue(\(kind)::text, priority => \(Int32(priority))::integer)).job_id
      FROM generate_series(1, \(Int32(count))::integer)
      """)
  }
}
