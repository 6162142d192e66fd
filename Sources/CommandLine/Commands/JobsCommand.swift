import ArgumentParser
import FoundationEssentials
import ReadModels

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
    if let state, !JobSummary.states.contains(state) {
      throw ValidationError("--state: one of \(JobSummary.states.joined(separator: ", ")), not '\(state)'.")
    }
    guard (1...10_000).contains(limit) else { throw ValidationError("--limit: 1 to 10000.") }
  }

  func run() async throws {
    let jobs = try await global.withConnection { connection in
      try await JobSummary.list(state: state, kind: kind, queue: queue, limit: limit, on: connection)
    }
    Table(
      columns: ["job_id", "state", "kind", "queue", "twin_id", "attempt", "run_at", "finished_at", "last_error"],
      rows: jobs.map { job in
        [
          String(job.jobID), job.state, job.kind, job.queue, job.twinID?.uuidString.lowercased(), String(job.attempt),
          job.runAtText, job.finishedAtText, job.lastError,
        ]
      }, rawColumns: ["job_id", "attempt"]
    ).print(json: global.json)
  }
}
