import ArgumentParser
import Files
import Postgres
import Verifier

/// `twinmill verify`
struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Prove or refute, job by job, that nothing was lost, doubled or invented.",
    discussion: """
      Reads live jobs, history and the writes of probes in one snapshot, which it holds while it reads. Compares \
      them with the answers that producers got. A log has a line for each acknowledged enqueue, written when the \
      answer came: {"job_id":1,"outcome":"inserted","unique_key":null,"at":"…"}, or job_id,outcome as psql --csv \
      prints it. An enqueue whose answer never came is {"job_id":null,"outcome":"unknown"}. Jobs that retention has \
      dropped count as lost.

      Exit status 0: proven. 1: refuted. 65: a file cannot be read. 69: the database cannot be reached.
      """)

  @OptionGroup var global: GlobalOptions
  @Option(help: "A producer's log of acknowledged enqueues; may be repeated; - is standard input.")
  var log: [String] = []
  @Option(
    help: "Kinds of which the logs name every job, separated by commas: no others may be there. Stop producers first.")
  var complete: String?
  @Flag(help: "A job that is still due refutes, too.") var drained = false
  @Option(help: "Compare with what an earlier verify --save saw final.") var since: String?
  @Option(help: "Write down what is final now, for --since.") var save: String?
  @Option(help: "QUEUE=N: at most N jobs of the queue ran at once; may be repeated.") var limit: [String] = []
  @Option(help: "QUEUE=N: at most N jobs of one concurrency key of the queue ran at once; may be repeated.")
  var keyLimit: [String] = []
  @Flag(help: "Take the limits of all other queues from twinmill.queue_settings; they must not have changed.")
  var limitsAsSet = false
  @Option(help: "How many milliseconds an enqueue may wait for the commit that frees its unique key.")
  var slackMs = 20.0
  @Option(help: "How many offenders to show of each check.") var offenders = 5

  func validate() throws {
    _ = try Self.limits(limit, "--limit")
    _ = try Self.limits(keyLimit, "--key-limit")
    guard slackMs >= 0 else { throw ValidationError("--slack-ms: 0 or more.") }
    guard offenders >= 0 else { throw ValidationError("--offenders: 0 or more.") }
    if complete != nil, log.isEmpty { throw ValidationError("--complete: needs --log.") }
  }

  func run() async throws {
    // The log first: what was acknowledged before the snapshot must be in it.
    let log = try AcknowledgedLog(reading: self.log)
    if log.isTorn { StandardError.write("twinmill: the log's last line is broken off; it counts as unanswered\n") }
    let verification = Verification(
      log: self.log.isEmpty ? nil : log,
      completeKinds: Set(complete?.split(separator: ",").map(String.init) ?? []), isDrained: drained,
      since: try since.map { try WitnessFile.read($0) }, save: save, limits: try Self.limits(limit, "--limit"),
      keyLimits: try Self.limits(keyLimit, "--key-limit"), limitsAsSet: limitsAsSet, slack: slackMs / 1000,
      offenderLimit: offenders)
    let verdict = try await global.withConnection { connection in
      try await connection.transaction(readOnly: true) { try await verification.verdict(on: $0) }
    }
    print(global.json ? verdict.jsonText : verdict.text)
    if !verdict.isProven { throw ExitCode(ExitStatus.failed.rawValue) }
  }

  private static func limits(_ texts: [String], _ option: String) throws -> [String: Int] {
    var limits: [String: Int] = [:]
    for text in texts {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty, let limit = Int(parts[1]), limit >= 0 else {
        throw ValidationError("\(option): QUEUE=N, for example default=4, not '\(text)'.")
      }
      limits[String(parts[0])] = limit
    }
    return limits
  }
}
