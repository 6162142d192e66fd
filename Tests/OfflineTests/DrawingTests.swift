// Foundation: temporary files need FileManager.
import ArgumentParser
import Forecasting
import Foundation
import Testing

@testable import Files
@testable import Offline

@Suite("Drawings of twinmill forecast")
struct DrawingTests {
  /// A folder of its own for each test, removed with it.
  private final class Folder {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("twinmill-\(UUID().uuidString)").path
    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String, _ text: String) throws -> String {
      try text.write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8)
      return "\(path)/\(name)"
    }

    func text(_ name: String) throws -> String { try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }
    var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }
  }

  private func run(_ arguments: [String]) async throws {
    try await ForecastCommand.parse(arguments).run()
  }

  @Test("drawings are named after their series, and two of one name get numbers")
  func names() async throws {
    let folder = try Folder()
    let input = try folder.file("w.csv", "id,v\na b,1,2,3,4\na:b,4,3,2,1\n../b c,4,3,2,1\nA_B,1,1,1,1\n")
    let svg = try Folder()
    try await run([input, "--horizon", "2", "--svg", svg.path, "--output", folder.path + "/out.csv"])
    #expect(svg.names == ["A_B-3.svg", "_._b_c.svg", "a_b-2.svg", "a_b.svg"])
    #expect(try svg.text("a_b-2.svg").contains("<title>a:b</title>"))
    #expect(try folder.text("out.csv").split(separator: "\n").count == 9)
  }

  @Test("the subject stands in title and file name, and the unit in the title")
  func subject() async throws {
    let folder = try Folder()
    let series = FileSeries(
      id: "temperature", line: -1, values: [1, 2, 3, 4], seasons: nil, horizon: 2, unit: "°C",
      times: ChartTimes { Date(timeIntervalSince1970: 86_400 * Double($0)) })
    try await OfflineContext.$twins.withValue(OneTwin(series: series)) {
      try await run([
        "--twin", "sensor/pump-7", "--svg", folder.path, "--output", folder.path + "/out.csv",
      ])
    }
    #expect(folder.names == ["out.csv", "sensor_pump-7_temperature.svg"])
    let svg = try folder.text("sensor_pump-7_temperature.svg")
    #expect(svg.contains("<title>sensor/pump-7: temperature (°C)</title>"))
    #expect(svg.contains(">1970</text>") && svg.contains(">4 Jan</text>"))
  }

  private struct OneTwin: TwinSeriesReader {
    let series: FileSeries

    func series(
      of twin: String, metrics: [String]?
    ) async throws -> (series: [FileSeries], leftOut: [(metric: String, reason: String)]) { ([series], []) }
  }

  @Test("a drawing that is there is not replaced; its series fails and is in the CSV all the same")
  func existing() async throws {
    let folder = try Folder()
    let input = try folder.file("w.csv", "id,v\na,1,2,3,4\nb,1,2,3,4\n")
    let svg = try Folder()
    _ = try svg.file("a.svg", "mine")
    await #expect(throws: ExitCode(65)) {
      try await run([input, "--horizon", "2", "--svg", svg.path, "--output", folder.path + "/out.csv"])
    }
    #expect(try svg.text("a.svg") == "mine")
    #expect(svg.names == ["a.svg", "b.svg"])
    #expect(try folder.text("out.csv").split(separator: "\n").count == 5)
  }

  @Test("a file that is there and a folder that is not are refused by name")
  func refused() throws {
    let folder = try Folder()
    let path = try folder.file("x", "old")
    let there = #expect(throws: FileError.self) { _ = try NewFile(path: path) }
    #expect(there?.description == "\(path): is there already; give another folder, or move this file away")
    #expect(throws: FileError.self) { try Drawings(svg: path, png: nil) }
    #expect(throws: FileError.self) { try Drawings(svg: folder.path + "/none", png: nil) }
    // A file that is not finished does not stay.
    do {
      let half = try NewFile(path: folder.path + "/half")
      try half.write("text")
    }
    #expect(folder.names == ["x"])
  }

  @Test("names hold no path, no option and no hidden file")
  func plainNames() {
    var names = DrawingNames()
    #expect(names.name(subject: nil, metric: "-rf /").name == "_rf__")
    #expect(names.name(subject: nil, metric: "").name == "_")
    #expect(names.name(subject: nil, metric: "\0").name == "_-2")
    #expect(names.name(subject: "sensor/é", metric: "kWh").name == "sensor_é_kWh")
    #expect(names.name(subject: nil, metric: String(repeating: "漢", count: 300)).name.utf8.count < 210)
  }

  @Test("without rsvg-convert, PNG is refused with the name of its package")
  func absent() throws {
    let folder = try Folder()
    let error = #expect(throws: CommandFailure.self) { try PictureConverter(searching: folder.path) }
    #expect(error?.description.contains("apt-get install librsvg2-bin") == true)
  }

  /// A program in the converter's place.
  private func converter(_ script: String, in folder: Folder) throws -> PictureConverter {
    let path = try folder.file("rsvg-convert", "#!/bin/sh\n\(script)\n")
    try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
    return try PictureConverter(searching: "/nowhere:" + folder.path)
  }

  @Test("the converter reads the drawing and writes the file; its complaint is shown and nothing is left behind")
  func converted() throws {
    let folder = try Folder()
    try converter("cat", in: folder).write("<svg/>", to: folder.path + "/a b.png")
    #expect(try folder.text("a b.png") == "<svg/>")
    let failing = try converter("echo half; echo no fonts >&2; exit 3", in: folder)
    let error = #expect(throws: FileError.self) { try failing.write("<svg/>", to: folder.path + "/b.png") }
    #expect(error?.description.contains("rsvg-convert failed: no fonts") == true)
    #expect(folder.names == ["a b.png", "rsvg-convert"])
  }

  private static let isInstalled = (try? PictureConverter()) != nil

  @Test("a PNG drawing has twice the size of the SVG", .enabled(if: isInstalled))
  func png() async throws {
    let folder = try Folder()
    let input = try folder.file("w.csv", "id,v\n<a> & \"b\",1,2,3,4,2,1,5,6\n")
    try await run([input, "--horizon", "2", "--png", folder.path, "--output", folder.path + "/out.csv"])
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.path + "/_a_____b_.png")))
    #expect(bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]))
    func number(_ at: Int) -> Int { bytes[at..<(at + 4)].reduce(0) { $0 << 8 | Int($1) } }
    #expect(number(16) == 1_920 && number(20) == 840)
  }

  @Test("a plot fills the columns given, and says what it shows")
  func plot() async throws {
    let folder = try Folder()
    let input = try folder.file("w.csv", "id,v\na,1,2,3,4\nb,4,3,2,1\n")
    let output = folder.path + "/out.txt"
    try await run([input, "--horizon", "2", "--plot", "--history", "2", "--output", output])
    let drawing = try folder.text("out.txt")
    #expect(drawing.hasPrefix("a\n") && drawing.contains("\nb\n") && drawing.contains("95 %"))
    #expect(throws: (any Error).self) { try ForecastCommand.parse([input, "--history", "2"]) }
    #expect(throws: (any Error).self) { try ForecastCommand.parse([input, "--plot", "--history", "0"]) }
  }

  @Test(
    "a locale says whether text is UTF-8",
    arguments: [
      ("de_DE.UTF-8", true), ("C.utf8", true), ("de_DE.utf8@euro", true), ("C", false), ("POSIX", false), ("", false),
      ("de_DE.ISO-8859-1", false), ("utf8", false),
    ])
  func locale(name: String, isUTF8: Bool) {
    #expect(Terminal.isUTF8(locale: name) == isUTF8)
  }
}
