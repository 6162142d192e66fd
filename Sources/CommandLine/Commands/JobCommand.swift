import ArgumentParser
import Files
import FoundationEssentials
import Postgres

/// `twinmill job ID`
struct JobCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "job", abstract: "Show everything known of one job: who asked, when what happened, errors.")

  @OptionGroup var global: GlobalOptions
  @Argument(help: "The job's id.") var id: Int64

  func run() async throws {
    let rows = try await global.withConnection { connection in
      try await connection.query(
        """
        SELECT key, value #>> '{}', jsonb_typeof(value), value::text
        FROM twinmill.all_jobs AS j, jsonb_each(to_jsonb(j)) WHERE j.job_id = \(id)
        """)
    }
    guard !rows.isEmpty else {
      throw CommandFailure("no job \(id); list the newest with: twinmill jobs")
    }
    let order = [
      "job_id", "state", "kind", "queue", "twin_id", "priority", "arguments", "result", "attempt", "max_attempts",
      "crashes", "unique_key", "requested_by", "schedule", "tick", "retry_of", "enqueued_at", "run_at", "claimed_at",
      "started_at", "finished_at", "claimed_by", "errors",
    ]
    let fields = try rows.map { try $0.decode(String.self, String?.self, String.self, String.self) }
      .sorted { (order.firstIndex(of: $0.0) ?? order.count) < (order.firstIndex(of: $1.0) ?? order.count) }
    if global.json {
      print("{" + fields.map { "\(JSON.literal($0.0)):\($0.3)" }.joined(separator: ",") + "}")
    } else {
      for (name, value, type, _) in fields where type != "null" {
        print(name.padding(to: 14) + (value ?? ""))
      }
    }
  }
}
