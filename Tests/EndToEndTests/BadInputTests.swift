import FoundationEssentials
import Glibc
import Postgres
import PostgresServer
import TestServer
import Testing

@Suite("Bad input", .dropsDatabases)
struct BadInputTests {
  /// A row of the manual's table.
  struct Row: Sendable, CustomTestStringConvertible {
    let input: String
    let code: String
    let message: String
    let hint: String
    var testDescription: String { input }
  }

  /// The table of the manual itself: the test runs exactly what the page promises.
  static let rows: [Row] = {
    let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Deploy/docs/reference/errors.md").path
    let text = FileManager.default.contents(atPath: page).map { String(decoding: $0, as: UTF8.self) } ?? ""
    let table = text.split(separator: "<!-- bad input -->").last?.split(separator: "<!-- end of bad input -->").first
    return (table ?? "").split(separator: "\n").dropFirst(2).map { line in
      let cells = line.split(separator: " | ", omittingEmptySubsequences: false).map {
        $0.trimmingPrefix("| ").replacing(" |", with: "").trimmed
      }
      return Row(
        input: cells[0], code: cells[1], message: cells[2], hint: cells.count > 3 ? cells[3] : "")
    }
  }()

  @Test("the table has at least fifteen rows")
  func enough() {
    #expect(Self.rows.count >= 15)
  }

  @Test("gets the error that the manual shows, and stores nothing", arguments: rows)
  func refuses(_ row: Row) async throws {
    let database = try await TestDatabase.create(from: "bad_input") { connection in
      let output = try await Installed.run(["migrate", "up"], url: connection.settings.url)
      guard output.status == 0 else { throw Installed.Failed(output.err) }
    }
    if row.input.contains("twinmill ") && !row.input.contains("twinmill.") || row.input.contains("=postgres://") {
      let folder = "/tmp/twinmill-test-\(UUID().uuidString)"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      defer { unlinkAll(folder) }
      try "timestamp,value\n2026-01-01,warm\n".write(toFile: folder + "/warm.csv", atomically: true, encoding: .utf8)
      try "a,b\n1\n".write(toFile: folder + "/short.csv", atomically: true, encoding: .utf8)
      try "id,timestamp,value\n".write(toFile: folder + "/header.csv", atomically: true, encoding: .utf8)
      try "timestamp,value\n2026-01-02,1\n2026-01-01,1\n".write(
        toFile: folder + "/backwards.csv", atomically: true, encoding: .utf8)
      try "\n{\"kind\": \"nope\"}\n".write(toFile: folder + "/bad.jsonl", atomically: true, encoding: .utf8)
      try "{\"kind\": \"probe\"}\n{\n".write(toFile: folder + "/broken.jsonl", atomically: true, encoding: .utf8)
      let path = Installed.program.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        .joined(separator: "/")
      let output = try await ChildProcess.run(
        ["sh", "-c", "cd \(folder) && PATH=\(path):$PATH && \(row.input)"],
        environment: Installed.quiet.merging(["DATABASE_URL": database.url]) { $1 })
      #expect(String(output.status) == row.code, "\(output.err)")
      #expect(output.err.hasPrefix(row.message), "\(output.err)")
    } else {
      let output = try await database.psql(row.input + ";")
      #expect(output.status != 0)
      #expect(output.err.contains("ERROR:  \(row.code): \(row.message)\n"), "\(output.err)")
      #expect(row.hint.isEmpty || output.err.contains("HINT:  \(row.hint)\n"), "\(output.err)")
    }
    let connection = try await database.connect()
    let stored: Int64 = try await connection.value(
      """
      SELECT (SELECT count(*) FROM twinmill.all_jobs) + (SELECT count(*) FROM user_digital_twins)
           + (SELECT count(*) FROM twinmill.schedules WHERE name <> 'sweep')
      """)
    #expect(stored == 0)
  }

  private func unlinkAll(_ folder: String) {
    for file in ["warm.csv", "short.csv", "header.csv", "backwards.csv", "bad.jsonl", "broken.jsonl"] {
      unlink("\(folder)/\(file)")
    }
    rmdir(folder)
  }
}

extension StringProtocol {
  /// Without the code marks and the space around it.
  fileprivate var trimmed: String {
    var text = Substring(self)
    while let first = text.first, first == " " || first == "|" { text.removeFirst() }
    while let last = text.last, last == " " || last == "|" { text.removeLast() }
    if text.count > 1, text.hasPrefix("`"), text.hasSuffix("`") { text = text.dropFirst().dropLast() }
    return String(text)
  }
}
