import FoundationEssentials
import Glibc
import Postgres
import TestServer
import Testing

@Suite("Enqueue a file", .dropsDatabases)
struct EnqueueFileTests {
  private func file(_ lines: [String]) throws -> String {
    let path = "/tmp/twinmill-test-\(UUID().uuidString).jsonl"
    try (lines.joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  @Test("each line is told by its number; a refused one stops no other and makes the status 1")
  func outcomes() async throws {
    let database = try await Installed.migrated()
    let path = try file([
      #"{"kind": "probe", "unique_key": "a"}"#, "", #"{"kind": "probe", "unique_key": "a"}"#, #"{"kind": "nope"}"#,
      #"{"kind": "prediction", "twin": "sensor/pump-7"}"#,
      #"{"kind": "probe", "unique_key": "a", "if_waiting": "replace", "arguments": {"rows": 1}}"#,
    ])
    defer { unlink(path) }
    let output = try await Installed.run(["enqueue", "--from", path, "--json"], url: database.url)
    #expect(output.status == 1)
    let told = output.out.split(separator: "\n")
    #expect(told.count == 5)
    #expect(told.first?.hasPrefix(#"{"number":1,"job_id":"#) == true)
    #expect(told.first?.hasSuffix(#""outcome":"inserted","unique_key":"a","message":null}"#) == true)
    #expect(told[1].contains(#"{"number":3,"#) && told[1].contains(#""outcome":"merged""#))
    #expect(
      told[2]
        == #"{"number":4,"job_id":null,"outcome":"refused","unique_key":null,"message":"unknown kind 'nope'. "#
        + #"Known kinds: correlation, effect, insight, prediction, probe, recommendation, sweep."}"#)
    #expect(told[3].contains(#""outcome":"inserted""#) && told[4].contains(#""outcome":"replaced""#))
    #expect(output.err.contains("twinmill: \(path):4: refused: unknown kind 'nope'."))
    #expect(output.err.hasSuffix("twinmill: \(path): 2 inserted, 1 merged, 1 replaced, 1 refused\n"))
    let connection = try await database.connect()
    #expect(
      try await connection.value("SELECT subject FROM user_digital_twins JOIN twinmill.jobs ON twin_id = id")
        == "pump-7")
  }

  @Test("chunks before an error are in, nothing after them is, and --first-line goes on from there")
  func goesOn() async throws {
    let database = try await Installed.migrated()
    var lines = (1...25_000).map { "{\"kind\": \"probe\", \"unique_key\": \"\($0)\"}" }
    lines[20_004] = "{\"kind\": "
    let broken = try file(lines)
    defer { unlink(broken) }
    let log = broken + ".log"
    defer { unlink(log) }
    let first = try await Installed.run(["enqueue", "--from", broken, "--log", log], url: database.url)
    #expect(first.status == 65)
    #expect(
      first.err == "twinmill: \(broken):20005: is no JSON: invalid input syntax for type json; write one object per "
        + "line, such as {\"kind\": \"probe\"}; lines before 20001 are settled, none after them is enqueued: "
        + "go on with --first-line 20001\n")
    let connection = try await database.connect()
    #expect(try await connection.value("SELECT count(*) FROM twinmill.jobs") == Int64(20_000))
    let logged = FileManager.default.contents(atPath: log).map { String(decoding: $0, as: UTF8.self) } ?? ""
    #expect(logged.split(separator: "\n").count == 20_000)

    lines[20_004] = "{\"kind\": \"probe\"}"
    let mended = try file(lines)
    defer { unlink(mended) }
    let second = try await Installed.run(["enqueue", "--from", mended, "--first-line", "20001"], url: database.url)
    #expect(second.out == "\(mended): 5000 inserted, 0 merged, 0 replaced, 0 refused\n")
    #expect(try await connection.value("SELECT count(*) FROM twinmill.jobs") == Int64(25_000))
  }

  @Test("--atomic takes all of the file, or nothing when a line is refused or broken")
  func atomic() async throws {
    let database = try await Installed.migrated()
    let connection = try await database.connect()
    let good = Array(repeating: #"{"kind": "probe"}"#, count: 10_001)
    for (last, status) in [(#"{"kind": "nope"}"#, Int32(1)), ("{", Int32(65))] {
      let path = try file(good + [last])
      defer { unlink(path) }
      let output = try await Installed.run(
        ["enqueue", "--from", path, "--atomic", "--log", path + ".log"], url: database.url)
      defer { unlink(path + ".log") }
      #expect(output.status == status)
      // Of what was undone the log tells nothing: it is what verify holds the queue to.
      #expect(try lines(of: path + ".log").allSatisfy { $0.contains(#""outcome":"refused""#) })
      #expect(output.err.contains("\(path):10002: ") && output.err.contains("nothing was enqueued"), "\(output.err)")
      #expect(try await connection.value("SELECT count(*) FROM twinmill.jobs") == Int64(0))
    }
    let path = try file(good)
    defer { unlink(path) }
    let output = try await Installed.run(
      ["enqueue", "--from", path, "--atomic", "--log", path + ".log"], url: database.url)
    defer { unlink(path + ".log") }
    #expect(output.out == "\(path): 10001 inserted, 0 merged, 0 replaced, 0 refused\n")
    #expect(try lines(of: path + ".log").count == 10_001)
  }

  private func lines(of path: String) throws -> [Substring] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
  }
}
