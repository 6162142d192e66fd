import ArgumentParser
import Files
// Foundation: temporary files need FileManager.
import Foundation
import Numerics
import Testing

@testable import Offline

@Suite("twinmill correlate and twinmill effect")
struct InferenceCommandTests {
  /// A folder of its own for each test, removed with it.
  private final class Folder {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("twinmill-\(UUID().uuidString)")
    init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    func file(_ name: String, _ text: String) throws -> String {
      try text.write(toFile: path(name), atomically: true, encoding: .utf8)
      return path(name)
    }

    func lines(_ name: String) throws -> [[Substring]] {
      try String(contentsOfFile: path(name), encoding: .utf8).split(separator: "\n").map {
        $0.split(separator: ",", omittingEmptySubsequences: false)
      }
    }
  }

  private static let factors = ["--factors", "f*", "--metrics", "m?"]

  private func correlate(_ arguments: [String]) async throws { try await CorrelateCommand.parse(arguments).run() }

  private func effect(_ arguments: [String]) async throws { try await EffectCommand.parse(arguments).run() }

  /// Two twins of 150 days; m1 follows f1 after three days in both.
  private static func panel() -> String {
    var noise = SeededRandom(state: 4)
    var text = "twin,day,f1,m1,note,f2,m2\n"
    for twin in ["a", "b,c"] {
      let drive = (0..<150).map { _ in noise.uniform() }
      for day in 0..<150 {
        let answer = (day >= 3 ? 2 * drive[day - 3] : 1) + noise.uniform()
        let cells = [drive[day], answer, Double.nan, noise.uniform(), noise.uniform()].map { value in
          value.isNaN || noise.uniform() < 0.05 ? "" : "\(value)"
        }
        text += "\(twin.contains(",") ? "\"\(twin)\"" : twin),\(day),\(cells.joined(separator: ","))\n"
      }
    }
    return text
  }

  @Test("findings are written with twin, lag and sign, the same bytes whatever the threads and the order of rows")
  func correlations() async throws {
    let folder = try Folder()
    let text = Self.panel()
    let input = try folder.file("series.csv", text)
    for threads in ["1", "3"] {
      try await correlate([input, "--threads", threads, "--output", folder.path("out\(threads).csv")] + Self.factors)
    }
    let rows = text.split(separator: "\n")
    let shuffled = ([rows[0]] + rows[1...150].reversed() + rows[151...].reversed()).joined(separator: "\n")
    let other = try folder.file("shuffled.csv", shuffled)
    try await correlate([other, "--output", folder.path("out-shuffled.csv")] + Self.factors)
    let bytes = try Data(contentsOf: folder.url.appendingPathComponent("out1.csv"))
    #expect(try bytes == Data(contentsOf: folder.url.appendingPathComponent("out3.csv")))
    #expect(try bytes == Data(contentsOf: folder.url.appendingPathComponent("out-shuffled.csv")))
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    #expect(lines[0] == "twin,factor,metric,lag,sign,r,n,p,q")
    #expect(lines.count == 3)
    #expect(lines[1].hasPrefix("a,f1,m1,3,+,0."))
    #expect(lines[2].hasPrefix("\"b,c\",f1,m1,3,+,0."))
  }

  @Test("a name without a column is refused, beside names that have one")
  func strayName() async throws {
    let folder = try Folder()
    let input = try folder.file("series.csv", Self.panel())
    let problem = await #expect(throws: FileError.self) {
      try await correlate([input, "--factors", "f*,humidity", "--metrics", "m?"])
    }
    #expect(problem?.problem == "no column matches --factors 'humidity'")
  }

  @Test("--all writes every pair tried")
  func everyPair() async throws {
    let folder = try Folder()
    let input = try folder.file("series.csv", Self.panel())
    try await correlate([input, "--all", "--output", folder.path("out.csv")] + Self.factors)
    #expect(try folder.lines("out.csv").count == 9)
  }

  @Test("dates are days too")
  func dates() throws {
    let folder = try Folder()
    let input = try folder.file("d.csv", "twin,day,f1\na,2024-03-02,5\na,2024-02-28,1\n")
    let panel = try PanelFile(path: input, head: ("twin", "day")) { _ throws(FileError) in [0] }.panels[0]
    #expect(panel.columns[0].count == 4)
    #expect(panel.columns[0][0] == 1 && panel.columns[0][1].isNaN && panel.columns[0][3] == 5)
    #expect(panel.firstDay == 19_781)
  }

  @Test(
    "what is wrong with a table is named by line, column and remedy",
    arguments: [
      ("", ": is empty; give a header and at least one row"),
      (
        "id,day,f1,m1\n",
        ":1: the header does not start with twin,day and a column more; name the columns twin,day,…"
      ),
      ("twin,day,f1,f1\n", ":1: two columns are named \"f1\"; rename one of them"),
      ("twin,day,f1,x\n", ":1: no column matches --metrics 'm?'; choose among f1, x"),
      ("twin,day,f1,m1\n", ": has a header and no row; give at least one row"),
      ("twin,day,f1,m1\na,1,2\n", ":2: 3 fields, the header has 4; correct the line"),
      ("twin,day,f1,m1\n,1,2,3\n", ":2, column 1: twin is empty; say whose row it is"),
      (
        "twin,day,f1,m1\na,monday,2,3\n",
        ":2, column 2: \"monday\" is no day; write a whole number or a date such as 2024-03-01"
      ),
      (
        "twin,day,f1,m1\na,1,2,warm\n",
        ":2, column 4: \"warm\" is no number; write it with a decimal point and no thousands separator, or leave the field empty if the value is missing"
      ),
      (
        "twin,day,f1,m1\na,1,2,3\nb,1,2,3\na,1,4,5\n",
        ":4, column 2: \"a\" has two rows for this day; keep one row for each day"
      ),
      (
        "twin,day,f1,m1\na,1,2,3\na,1000000,4,5\n",
        ":2, column 2: \"a\" spans 1000000 days and 36525 are possible; correct its days"
      ),
    ])
  func tableErrors(text: String, expected: String) async throws {
    let folder = try Folder()
    let input = try folder.file("x.csv", text)
    let problem = await #expect(throws: FileError.self) {
      try await correlate([input, "--output", folder.path("out.csv")] + Self.factors)
    }
    #expect(problem?.description == input + expected)
    #expect(!FileManager.default.fileExists(atPath: folder.path("out.csv")))
  }

  @Test("a column cannot be factor and metric")
  func bothSides() async throws {
    let folder = try Folder()
    let input = try folder.file("x.csv", "twin,day,f1,m1\na,1,2,3\n")
    let problem = await #expect(throws: FileError.self) {
      try await correlate([input, "--factors", "*", "--metrics", "m1"])
    }
    #expect(problem?.problem == "column \"m1\" is chosen by --factors and by --metrics")
  }

  @Test("a twin shorter than the lags is named and the others are written")
  func shortTwin() async throws {
    let folder = try Folder()
    let short = (0..<25).map { "z,\($0),\($0 % 4),\($0 % 3),,\($0 % 5),\($0 % 7)" }.joined(separator: "\n")
    let input = try folder.file("x.csv", Self.panel() + short + "\n")
    await #expect(throws: ExitCode(65)) {
      try await correlate([input, "--max-lag", "30", "--output", folder.path("out.csv")] + Self.factors)
    }
    #expect(try folder.lines("out.csv").count == 3)
  }

  /// Two series of 90 days with a step of ±5 on day 60, and one too short.
  private static func interventions() -> String {
    var noise = SeededRandom(state: 8)
    var text = "series,day,y,x1\n"
    for (series, step) in [("a", 5.0), ("b", -5.0)] {
      for day in 0..<90 {
        let x = noise.uniform()
        let y = 3 * x + 2 * noise.uniform() + (day >= 60 ? step : 0)
        text += "\(series),\(day),\(noise.uniform() < 0.1 ? "" : "\(y)"),\(x)\n"
      }
    }
    for day in 0..<40 { text += "c,\(day),\(day % 3),\(day % 5)\n" }
    return text
  }

  @Test("effects are written in the order of the plan, and what cannot be said is left empty")
  func effects() async throws {
    let folder = try Folder()
    let input = try folder.file("series.csv", Self.interventions())
    let plan = try folder.file("plan.csv", "series,start,days\nb,60,90\nc,38,40\na,60,90\n")
    await #expect(throws: ExitCode(65)) { try await effect([input, "--plan", plan, "--output", folder.path("o.csv")]) }
    let lines = try folder.lines("o.csv")
    #expect(lines[0] == ["series", "effect", "lo", "hi", "p", "sec"])
    #expect(lines.dropFirst().map { $0[0] } == ["b", "c", "a"])
    #expect(lines[2].dropFirst().prefix(4) == ["", "", "", ""])
    let a = lines[3].dropFirst().compactMap { Double($0) }
    let b = lines[1].dropFirst().compactMap { Double($0) }
    #expect(a.count == 5 && abs(a[0] - 5) < 0.7 && a[1] < 5 && 5 < a[2] && a[3] < 1e-6)
    #expect(b.count == 5 && abs(b[0] + 5) < 0.7 && b[1] < -5 && -5 < b[2])
  }

  @Test("several interventions of a series are estimated beside each other")
  func overlapping() async throws {
    let folder = try Folder()
    var noise = SeededRandom(state: 1)
    var text = "series,day,y\n"
    for day in 0..<150 { text += "a,\(day),\(noise.uniform() + (day >= 50 ? 4 : 0) - (day >= 100 ? 3 : 0))\n" }
    let input = try folder.file("series.csv", text)
    let plan = try folder.file("plan.csv", "series,start,days\na,50,150\na,100,150\n")
    try await effect([input, "--plan", plan, "--output", folder.path("o.csv")])
    let found = try folder.lines("o.csv").dropFirst().map { Double($0[1]) ?? .nan }
    #expect(found.count == 2 && abs(found[0] - 4) < 0.5 && abs(found[1] + 3) < 0.5)
  }

  @Test(
    "what is wrong with a plan is named by line and remedy",
    arguments: [
      ("", ": the header is not series,start,days; "),
      ("series,start\na,3\n", ":1: the header is not series,start,days; "),
      ("series,start,days\n", ": has a header and no row; give at least one row"),
      ("series,start,days\na,3\n", ":2: 2 fields, the header has 3; correct the line"),
      ("series,start,days\na,60,30\n", ":2, column 3: the evaluation ends on day 30, before it starts; "),
      ("series,start,days\nd,60,90\n", ":2, column 1: series \"d\" is not in "),
    ])
  func planErrors(text: String, expected: String) async throws {
    let folder = try Folder()
    let input = try folder.file("series.csv", Self.interventions())
    let plan = try folder.file("plan.csv", text)
    let problem = await #expect(throws: FileError.self) { try await effect([input, "--plan", plan]) }
    #expect(problem?.description.hasPrefix(plan + expected) == true, "\(String(describing: problem))")
  }

  @Test("the benchmark's noise is SplitMix64, so that others can repeat it")
  func noise() {
    // The generator's published test vector for the seed 1234567.
    var noise = SeededRandom(state: 1_234_567)
    #expect(noise.uniform() == Double(6_457_827_717_110_365_317 as UInt64 >> 11) * 0x1p-53)
    #expect(noise.uniform() == Double(3_203_168_211_198_807_973 as UInt64 >> 11) * 0x1p-53)
  }

  @Test("a table without y is refused")
  func noMetric() async throws {
    let folder = try Folder()
    let input = try folder.file("series.csv", "series,day,z\na,1,2\n")
    let plan = try folder.file("plan.csv", "series,start,days\na,1,2\n")
    let problem = await #expect(throws: FileError.self) { try await effect([input, "--plan", plan]) }
    #expect(problem?.problem == "there is no column y")
  }

  @Test(
    "wrong options are refused",
    arguments: [
      ["x", "--factors", "f*"], ["x", "--factors", "f*", "--metrics", "m*", "--fdr", "5"],
      ["x", "--factors", "f*", "--metrics", "m*", "--max-lag", "-1"],
      ["x", "--factors", "f*", "--metrics", "m*", "--measure", "kendall"],
    ])
  func options(arguments: [String]) {
    #expect(throws: (any Error).self) { try CorrelateCommand.parse(arguments) }
    #expect(throws: (any Error).self) { try EffectCommand.parse(["-", "--plan", "-"]) }
  }
}
