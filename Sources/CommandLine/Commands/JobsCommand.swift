import ArgumentParser
import FoundationEssentials
import Postgres

/// `twinmill jobs`
struct JobsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jobs", abstract: "List jobs, newest first: live ones and those finished in the last day.")

  @OptionGroup var global: GlobalOptions
  @Option(help: "Only this state: blocked, scheduled, ready, running, completed, discarded, cancelled.")
  var state: String?
  @Option(help: "Only this kind.") var kind: String?
  @Option(help: "Only this queue.") var queue: String?
  @Option(help: "At most this many.") var limit = 20

  func validate() throws {
    let states = ["blocked", "scheduled", "ready", "running", "completed", "discarded", "cancelled"]
    if let state, !states.contains(state) {
      throw ValidationError("--state: one of \(states.joined(separator: ", ")), not '\(state)'.")
    }
    guard (1...10_000).contains(limit) else { throw ValidationError("--limit: 1 to 10000.") }
  }

  func run() async throws {
    let rows = try await global.withConnection { connection in
      try await connection.query(
        """
        SELECT job_id, state, kind, queue, twin_id::text, attempt::integer, run_at::text, finished_at::text,
               errors -> -1 ->> 'message'
        FROM twinmill.all_jobs
        WHERE (finished_at IS NULL OR finished_at > now() - interval '1 day')
          AND (\(state)::text IS NULL OR state = \(state)::text)
          AND (\(kind)::text IS NULL OR kind = \(kind)::text)
          AND (\(queue)::text IS NULL OR queue = \(queue)::text)
        ORDER BY job_id DESC LIMIT \(Int64(limit))
        """)
    }
    let cells = try rows.map { row -> [String?] in
      let (id, state, kind, queue, twin, attempt, runAt, finishedAt, error) = try row.decode(
        Int64.self, String.self, String.self, String.self, String?.self, Int32.self, String.self, String?.self,
        String?.self)
      return [String(id), state, kind, queue, twin, String(attempt), runAt, finishedAt, error]
    }
    Table(
      columns: ["job_id", "state", "kind", "queue", "twin_id", "attempt", "run_at", "finished_at", "last_error"],
      rows: cells, rawColumns: ["job_id", "attempt"]
    ).print(json: global.json)
  }
}
