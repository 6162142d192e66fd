// Foundation: temporary files need FileManager.
import ArgumentParser
import Files
import Foundation
import Testing

@testable import Offline

@Suite("twinmill detect")
struct DetectCommandTests {
  /// A folder of its own for each test, removed with it.
  private final class Folder {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("twinmill-\(UUID().uuidString)")
    init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(at: url) }

    func file(_ name: String, _ text: String) throws -> String {
      let path = url.appendingPathComponent(name).path
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      return path
    }
  }

  /// The lines that `detect anomalies` writes for a text.
  private func anomalies(_ text: String, _ options: [String] = []) async throws -> [Substring] {
    let folder = try Folder()
    let output = folder.url.path + "/out.csv"
    let input = try folder.file("x.csv", text)
    try await DetectAnomaliesCommand.parse([input, "--output", output] + options).run()
    return try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// Five-minute rows with a wave, a spike and a missing value.
  private func rows(_ count: Int) -> String {
    var text = "timestamp,value\n"
    for i in 0..<count {
      let seconds = 1_700_000_000 + 300 * i
      let value = i == 700 ? "99" : i == 710 ? "" : "\(20 + Double((i * i * 7_919) % 1_009) / 500)"
      text += "\(seconds),\(value)\n"
    }
    return text
  }

  @Test("every row comes back as it was, with a score; the spike is an alarm and the missing value is not")
  func anomalyRows() async throws {
    let lines = try await anomalies(rows(900))
    let input = rows(900).split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == input.count && lines[0] == "timestamp,value,anomaly_score" && lines.last == "")
    for (line, original) in zip(lines, input).dropFirst().dropLast() {
      #expect(line.hasPrefix(original + ","))
      let score = try #require(line.split(separator: ",").last.flatMap { Double($0) })
      #expect(score >= 0 && score <= 1)
    }
    #expect(Double(lines[701].split(separator: ",")[2]) ?? 0 >= 0.5)
    #expect(lines[711].hasSuffix(",,0.000000"))
  }

  @Test("a row's score depends on no later row: a cut file has the same scores")
  func causal() async throws {
    let whole = try await anomalies(rows(900))
    for count in [1, 49, 51, 300, 701, 899] {
      let cut = try await anomalies(rows(count))
      #expect(cut.dropLast() == whole.prefix(count + 1))
    }
  }

  @Test("the same file gives the same bytes, also with other columns, names of the time, quotes and CRLF")
  func layouts() async throws {
    let plain = try await anomalies(rows(400))
    #expect(try await anomalies(rows(400)) == plain)
    let other = rows(400).split(separator: "\n").enumerated().map { index, line in
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      return index == 0 ? "Value,note,Date" : "\(fields[1]),\"a, b\",\(fields[0])"
    }
    #expect(try await anomalies(other.joined(separator: "\r\n") + "\r\n") == plain)
  }

  @Test("changes name the file, the row and a chance, over several files")
  func changes() async throws {
    let folder = try Folder()
    func series(_ at: Int) -> String {
      "t,value\n"
        + (0..<120).map { i in "\(i),\(Double((i * i * 7_919) % 1_009) / 500 + (i < at ? 0 : 10))\n" }.joined()
    }
    let a = try folder.file("a.csv", series(50))
    let b = try folder.file("b.v2.csv", series(70))
    let none = try folder.file("none.csv", series(500))
    let output = folder.url.path + "/out.txt"
    try await DetectChangesCommand.parse([a, b, none, "--output", output]).run()
    #expect(
      try String(contentsOfFile: output, encoding: .utf8) == "series,index,confidence\na,50,1\nb.v2,70,1\n")
  }

  @Test(
    "a series is named by its file",
    arguments: [
      ("/x/nile.csv", "nile"), ("a.b.csv.gz", "a.b"), ("-", "-"), ("noext", "noext"), (".csv", ".csv"),
    ])
  func names(path: String, name: String) {
    #expect(DetectChangesCommand.name(of: path) == name)
  }

  @Test(
    "scores are written without exponent",
    arguments: [(0.0, "0.000000"), (1e-6, "0.000001"), (0.5, "0.500000"), (0.9999999, "1")])
  func decimals(score: Double, text: String) {
    #expect(DetectAnomaliesCommand.decimal(score) == text)
  }

  @Test(
    "what is wrong with a file is named by line, column and remedy",
    arguments: [
      ("", "x.csv: is empty; give a header and at least one row"),
      ("timestamp,value\n", "x.csv: has a header and no row; give at least one row"),
      ("a,value\n1,2\n", "x.csv:1: the header has no column timestamp; begin the file with timestamp,value"),
      ("timestamp,v\n1,2\n", "x.csv:1: the header has no column value; begin the file with timestamp,value"),
      ("timestamp,value\n2024-01-01\n", "x.csv:2: 1 fields, the header has 2; correct the line"),
      (
        "timestamp,value\nsoon,1\n",
        "x.csv:2, column 1: \"soon\" is no timestamp; write ISO 8601 (2024-03-01T12:30:00Z) or Unix seconds"
      ),
      (
        "timestamp,value\n2024-01-01,warm\n",
        "x.csv:2, column 2: \"warm\" is no finite number; write it with a decimal point, or leave the field empty if the value is missing"
      ),
    ])
  func errors(text: String, expected: String) throws {
    let folder = try Folder()
    let path = try folder.file("x.csv", text)
    let error = #expect(throws: FileError.self) { try readAll(path) }
    #expect(error?.description.replacingOccurrences(of: path, with: "x.csv") == expected)
  }

  private func readAll(_ path: String) throws {
    var file = try ValueFile(path: path, timeColumn: .timestamp)
    while try file.next() != nil {}
  }

  @Test("a wrong file ends with status 65 and leaves no output behind")
  func status() async throws {
    let folder = try Folder()
    let bad = try folder.file("bad.csv", "timestamp,value\n2024-01-01,1\n2024-01-02,x\n")
    let output = folder.url.path + "/out.csv"
    await #expect(throws: ExitCode(65)) { try await DetectAnomaliesCommand.parse([bad, "--output", output]).run() }
    await #expect(throws: ExitCode(65)) { try await DetectChangesCommand.parse([bad, "--output", output]).run() }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["bad.csv"])
  }

  @Test("wrong options are refused", arguments: [["x", "--threshold", "0"], ["x", "--threshold", "1"], []])
  func options(arguments: [String]) {
    #expect(throws: (any Error).self) { try DetectAnomaliesCommand.parse(arguments) }
  }

  @Test("changes without a file are refused")
  func noFiles() {
    #expect(throws: (any Error).self) { try DetectChangesCommand.parse([]) }
  }
}
