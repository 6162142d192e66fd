import FoundationEssentials
import Logging
import Postgres
import PostgresServer
import Queue
import TestServer
import Testing

@testable import Scheduler

/// A database with the queue's and the scheduler's migrations and one kind of job, `probe`.
enum SchedulerDatabase {
  static let migrator = Migrator([.queue, .scheduler, oneTwin])

  /// Knows one twin, 00000000-0000-0000-0000-000000000001.
  private static let oneTwin = SchemaModule(
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

  static func create(on server: PrivateServer? = nil) async throws -> TestDatabase {
    try await TestDatabase.create(from: "scheduler", on: server) { connection in
      _ = try await migrator.up(connection)
      try await JobQueue.register(
        kinds: [
          KindDefinition(
            name: "probe", summary: "test",
            argumentsSchema: JSON(
              text: """
                {"type": "object", "additionalProperties": false, "properties": {"rows": {"type": "integer"}}}
                """), needsTwin: false)
        ], on: connection)
    }
  }

  static var quiet: Logger {
    Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  }

  static var ticker: Ticker {
    Ticker(logger: quiet)
  }
}

extension Trait where Self == DatabaseTrait {
  /// A database of `SchedulerDatabase` for each test.
  static var schedulerDatabase: Self { .database { try await SchedulerDatabase.create() } }
}

extension Connection {
  /// The first column of every row, as text.
  func texts(_ sql: SQL) async throws -> [String] {
    try await query(sql).map { try $0.decode(String.self) }
  }

  /// One text.
  func text(_ sql: SQL) async throws -> String {
    try await query(sql).only().decode(String.self)
  }

  /// One number.
  func count(_ sql: SQL) async throws -> Int {
    try await query(sql).only().decode(Int.self)
  }

  /// Makes a schedule look as if nobody had ticked it since `since` (an SQL timestamp).
  func plant(_ name: String, since: String) async throws {
    _ = try await query(
      """
      UPDATE twinmill.schedules SET planned_until = \(since)::text::timestamptz, next_at = NULL WHERE name = \(name)
      """)
  }
}
