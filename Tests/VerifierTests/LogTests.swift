import Files
import FoundationEssentials
import Glibc
import Queue
import Testing

@testable import Verifier

@Suite("Logs and saved looks")
struct LogTests {
  /// A file that goes when it is no longer needed.
  private final class File {
    let path = "/tmp/twinmill-test-\(UUID().uuidString)"
    init(_ text: String) throws { try text.write(toFile: path, atomically: true, encoding: .utf8) }
    deinit { unlink(path) }
  }

  private func log(_ text: String) throws -> AcknowledgedLog {
    let file = try File(text)
    return try AcknowledgedLog(reading: [file.path])
  }

  @Test("JSON lines in any order, with members that are for people")
  func json() throws {
    let log = try log(
      """
      {"job_id":3,"outcome":"inserted","unique_key":null,"at":"2026-01-01T00:00:00Z"}
      {"job_id":1,"outcome":"inserted"}

      {"job_id":3,"outcome":"merged"}
      {"outcome":"refused","message":"unknown kind"}
      {"job_id":null,"outcome":"unknown"}

      """)
    #expect(log.inserted == [1, 3])
    #expect(log.merged == [3])
    #expect(log.unanswered == 1)
    #expect(!log.isTorn)
  }

  @Test("what psql --csv prints, with or without its header")
  func csv() throws {
    #expect(try log("job_id,outcome\n2,inserted\n1,merged\n").inserted == [2])
    #expect(try log("2,inserted\n1,merged\n").merged == [1])
    #expect(try log("job_id,outcome,message\n,refused,unknown kind\n").inserted == [])
  }

  @Test("a last line that was broken off counts as unanswered", arguments: ["{\"job_id\":2,\"outc", "2,inser", "2"])
  func torn(_ end: String) throws {
    let log = try log((end.hasPrefix("{") ? "{\"job_id\":1,\"outcome\":\"inserted\"}\n" : "1,inserted\n") + end)
    #expect(log.inserted == [1])
    #expect(log.unanswered == 1)
    #expect(log.isTorn)
  }

  @Test("any other line that says nothing of an enqueue is named", arguments: ["nonsense", "{\"job_id\":2}", "2,gone"])
  func malformed(_ line: String) throws {
    let error = #expect(throws: FileError.self) {
      try log("{\"job_id\":1,\"outcome\":\"inserted\"}\n\(line)\n{\"job_id\":3,\"outcome\":\"inserted\"}\n")
    }
    #expect(error?.line == 2)
  }

  @Test("a long log is read in blocks, and a bad line in a later one is named")
  func long() throws {
    let lines = (1...2500).map { "{\"job_id\":\($0),\"outcome\":\"inserted\"}\n" }
    #expect(try log(lines.joined()).inserted == Array(1...2500))
    var bad = lines
    bad[2100] = "{}\n"
    let error = #expect(throws: FileError.self) { try log(bad.joined()) }
    #expect(error?.line == 2101)
  }

  @Test("a saved look comes back as it was")
  func saved() throws {
    let finals = [EarlierFinal(job: 1, .good), EarlierFinal(job: 2, FinalJob.good.with { $0.token = nil })]
    let file = try File(WitnessFile.header + "\n" + finals.map(WitnessFile.line).joined())
    #expect(try WitnessFile.read(file.path) == finals)
    #expect(throws: FileError.self) { try WitnessFile.read(File("job_id\n").path) }
    #expect(throws: FileError.self) { try WitnessFile.read(File(WitnessFile.header + "\n1,2\n").path) }
  }
}

@Suite("Putting witnesses together")
struct MergeTests {
  private func log(_ lines: String) throws -> AcknowledgedLog {
    let path = "/tmp/twinmill-test-\(UUID().uuidString)"
    defer { unlink(path) }
    try lines.write(toFile: path, atomically: true, encoding: .utf8)
    return try AcknowledgedLog(reading: [path])
  }

  @Test("each job is judged once, by all that its sources say")
  func together() throws {
    let question = JobJudge.Question(hasLog: true, completeKinds: ["probe"], hasEarlier: true)
    var merge = WitnessMerge(
      judge: JobJudge(question), log: try log("2,inserted\n4,inserted\n4,merged\n"),
      earlier: [EarlierFinal(job: 2, .good)])
    merge.add(2, .final(.good))
    merge.add(2, .writes(.good))
    merge.add(4, .live(LiveJob(state: "ready", attempts: .of(0))))
    let verdict = merge.end()
    #expect(verdict.isProven)
    #expect(verdict.findings[.acknowledged]?.counts.map(\.count) == [2, 1, 1])
    #expect(verdict.findings[.finalStates]?.counts.map(\.count) == [1, 1])
  }

  @Test("jobs that only the log or the earlier look knows are found before, between and after the others")
  func missing() throws {
    var merge = WitnessMerge(
      judge: JobJudge(JobJudge.Question(hasLog: true)), log: try log("1,inserted\n2,inserted\n3,merged\n9,inserted\n"),
      earlier: [EarlierFinal(job: 5, .good)])
    merge.add(2, .final(.good))
    merge.add(2, .writes(.good))
    merge.add(6, .live(LiveJob(state: "ready", attempts: .of(0))))
    let verdict = merge.end()
    #expect(verdict.findings[.acknowledged]?.offenders.map(\.job) == [1, 3, 9])
    #expect(verdict.findings[.finalStates]?.offenders.map(\.job) == [5])
  }
}
