// Foundation: temporary files and gzip'd bytes need FileManager and Data.
import ArgumentParser
import Files
import Foundation
import Testing

@testable import Offline

@Suite("twinmill forecast")
struct ForecastCommandTests {
  /// A folder of its own for each test, removed with it.
  private final class Folder {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("twinmill-\(UUID().uuidString)")
    init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(at: url) }

    func file(_ name: String, _ text: String) throws -> String {
      try file(name, Data(text.utf8))
    }

    func file(_ name: String, _ data: Data) throws -> String {
      let path = url.appendingPathComponent(name).path
      try data.write(to: URL(fileURLWithPath: path))
      return path
    }
  }

  private func read(_ path: String, _ format: SeriesFile.Format = .auto) throws -> [FileSeries] {
    var file = try SeriesFile(path: path, format: format)
    var all: [FileSeries] = []
    while let series = try file.next() { all.append(series) }
    return all
  }

  private func problem(_ text: String, _ format: SeriesFile.Format = .auto) throws -> String {
    let folder = try Folder()
    let path = try folder.file("x.csv", text)
    do {
      _ = try read(path, format)
      return "no error"
    } catch let error as FileError {
      return error.description.replacingOccurrences(of: path, with: "x.csv")
    }
  }

  private func run(_ arguments: [String]) async throws {
    try await ForecastCommand.parse(arguments).run()
  }

  @Test("a wide file gives its series, empty fields missing and padding left out")
  func wide() throws {
    let folder = try Folder()
    let series = try read(folder.file("w.csv", "id,v1,v2,v3\r\na,1,,3\r\n\"b,c\",2,NA,\r\n"))
    #expect(series.map(\.id) == ["a", "b,c"])
    #expect(series[0].values[0] == 1 && series[0].values[1].isNaN && series[0].values[2] == 3)
    #expect(series[1].values == [2])
    #expect(series[1].line == 3)
  }

  @Test("a wide file without header keeps its first row")
  func headerless() throws {
    let folder = try Folder()
    #expect(try read(folder.file("w.csv", "a,1,2\nb,3,4\n")).map(\.id) == ["a", "b"])
  }

  @Test("a long file is put on its own grid, with the seasons of its interval")
  func long() throws {
    let folder = try Folder()
    let text =
      "id,timestamp,value\na,2024-01-01T00:00Z,1\na,2024-01-01T02:00Z,3\na,2024-01-01T01:00Z,2\nb,1704067200,5\n"
    let series = try read(folder.file("l.csv", text))
    #expect(series.map(\.id) == ["a", "b"])
    #expect(series[0].values == [1, 2, 3])
    #expect(series[0].seasons == [24, 168])
    #expect(series[1].values == [5])
  }

  @Test("an m4 file gives its train rows with season, horizon and candidates")
  func m4() throws {
    let folder = try Folder()
    let text = "id,freq,season,horizon,split,values...\nW1,weekly,1,13,train,1,2,3\nW1,weekly,1,13,test,4,5\n"
    let series = try read(folder.file("m.csv", text))
    #expect(series.count == 1)
    #expect(series[0].values == [1, 2, 3])
    #expect(series[0].horizon == 13)
    #expect(series[0].seasons == [1, 52])
  }

  @Test(
    "what is wrong with a file is named by line, column and remedy",
    arguments: [
      ("", "x.csv: is empty; give a header and at least one row"),
      ("id,v1,v2\n", "x.csv: has a header and no row to forecast; give at least one row"),
      (
        "name,when,what\na,2024-01-01,1\n",
        "x.csv:2, column 2: \"2024-01-01\" is a timestamp, but the header is not that of a file with one row an observation; begin it with the line id,timestamp,value and keep these three columns"
      ),
      (
        "id,v1\na,1x\n",
        "x.csv:2, column 2: \"1x\" is no number; write it with a decimal point and no thousands separator, or leave the field empty if the value is missing"
      ),
      (
        "id,v1,v2\na,1,inf\n",
        "x.csv:2, column 3: \"inf\" is not finite; correct it, or leave the field empty if the value is missing"
      ),
      ("id,v1\na,1\na,2\n", "x.csv:3, column 1: series \"a\" was there before; give every series an id of its own"),
      ("id,v1\n,1\n", "x.csv:2, column 1: the id is empty; give every series an id"),
      ("id\na\n", "x.csv:1: there is one column only; separate an id and the values by commas: id,v1,v2,…"),
      (
        "id,v1\n\"a,1\n",
        "x.csv:2: a quoted field does not end on this line; close the quotes"
      ),
      (
        "id,timestamp,value\na,yesterday,1\n",
        "x.csv:2, column 2: \"yesterday\" is no timestamp; write ISO 8601 (2024-03-01T12:30:00Z) or Unix seconds"
      ),
      (
        "id,timestamp,value\na,2024-01-01,1\nb,2024-01-01,1\na,2024-01-02,1\n",
        "x.csv:4, column 1: series \"a\" was there before; keep the rows of a series together (sort by id)"
      ),
      (
        "id,timestamp,value\na,2024-01-01\n", "x.csv:2, column 2: the row has 2 fields; give id,timestamp,value"
      ),
      (
        "id,timestamp,value\na,2024-01-01,1\na,2024-01-01,2\n",
        "x.csv:2, column 2: series \"a\": the interval cannot be inferred from fewer than two distinct timestamps; give it; correct the timestamps of this series"
      ),
      (
        "id,freq,season,horizon,split,v\na,monthly,0,3,train,1\n",
        "x.csv:2, column 3: season is \"0\"; write a whole number from 1"
      ),
      (
        "id,freq,season,horizon,split,v\na,monthly,12,x,train,1\n",
        "x.csv:2, column 4: horizon is \"x\"; write a whole number from 1"
      ),
      (
        "id,freq,season,horizon,split,v\na,monthly,12,3,training,1\n",
        "x.csv:2, column 5: split is \"training\"; write train or test"
      ),
    ])
  func errors(text: String, expected: String) throws {
    #expect(try problem(text) == expected)
  }

  @Test("a gzip'd file is read like a plain one, and a cut one is refused")
  func gzip() throws {
    let folder = try Folder()
    // gzip of "id,v1,v2\na,1,2\n" (python3: gzip.compress(b"id,v1,v2\na,1,2\n", mtime=0)).
    let bytes: [UInt8] = [
      31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 203, 76, 209, 41, 51, 212, 41, 51, 226, 74, 212, 49, 212, 49, 226, 2, 0, 5, 194,
      5, 123, 15, 0, 0, 0,
    ]
    let series = try read(folder.file("w.csv", Data(bytes)))
    #expect(series.map(\.values) == [[1, 2]])
    #expect(throws: FileError.self) { try read(folder.file("cut.csv", Data(bytes.dropLast(9)))) }
  }

  @Test("a missing file and a folder are refused")
  func noFile() throws {
    let folder = try Folder()
    #expect(throws: FileError.self) { try read(folder.url.path + "/none.csv") }
    #expect(throws: FileError.self) { try read(folder.url.path) }
  }

  @Test("output keeps the order of the input and its bytes whatever the threads; a series without values is skipped")
  func output() async throws {
    let folder = try Folder()
    var text = "id,v\n"
    for i in 0..<40 {
      let values = (0..<30).map { t -> String in
        let value = Double((t * (i + 3)) % 17) + 0.1 * Double(t)
        return "\(value)"
      }
      text += "s\(i)," + values.joined(separator: ",") + "\n"
    }
    let input = try folder.file("w.csv", text)
    var results: [Data] = []
    for threads in ["1", "2", "8"] {
      let output = folder.url.path + "/out\(threads).csv"
      try await run([input, "--horizon", "2", "--level", "80,95", "--threads", threads, "--output", output])
      results.append(try Data(contentsOf: URL(fileURLWithPath: output)))
      #expect(!FileManager.default.fileExists(atPath: output + ".partial"))
    }
    #expect(results[0] == results[1] && results[1] == results[2])
    let lines = String(decoding: results[0], as: UTF8.self).split(separator: "\n")
    #expect(lines[0] == "id,step,mean,lo80,hi80,lo95,hi95")
    #expect(lines.count == 81)
    #expect(lines[79].hasPrefix("s39,1,"))
    #expect(lines[1].split(separator: ",").count == 7)

    let bad = try folder.file("bad.csv", "id,v1,v2\na,,\nb,1,2\n")
    let output = folder.url.path + "/bad.out.csv"
    await #expect(throws: ExitCode(65)) { try await run([bad, "--horizon", "1", "--output", output]) }
    let rest = try String(contentsOfFile: output, encoding: .utf8)
    #expect(rest.split(separator: "\n").map { $0.prefix(2) } == ["id", "b,"])
  }

  @Test("a backtest writes a row for each step and one for all")
  func backtest() async throws {
    let folder = try Folder()
    let values = (0..<40).map { "\(10 + $0 % 4)" }.joined(separator: ",")
    let input = try folder.file("w.csv", "id,v\na,\(values)\nb,\(values)\n")
    let output = folder.url.path + "/out.csv"
    try await run([input, "--horizon", "3", "--season", "4", "--backtest", "2", "--output", output])
    let lines = try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n")
    #expect(lines[0] == "step,count,smape,mase,cover95")
    #expect(lines.dropFirst().map { $0.split(separator: ",")[1] } == ["4", "4", "4", "12"])
    #expect(lines[4].hasPrefix("all,12,"))
  }

  @Test("sums stand beside their means, with intervals; their backtest counts them")
  func sums() async throws {
    let folder = try Folder()
    let values = (0..<40).map { "\(10 + $0 % 4 + $0 % 3)" }.joined(separator: ",")
    let input = try folder.file("w.csv", "id,v\na,\(values)\nb,3\n")
    let output = folder.url.path + "/out.csv"
    try await run([input, "--horizon", "4", "--sums", "--level", "80,95", "--output", output])
    let lines = try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n")
    #expect(lines[0] == "id,steps,sum,lo80,hi80,lo95,hi95,mean,meanlo80,meanhi80,meanlo95,meanhi95")
    let fields = lines[4].split(separator: ",").compactMap { Double($0) }
    #expect(fields.count == 11 && fields[0] == 4)
    #expect(abs(fields[1] / 4 - fields[6]) < 1e-9 && abs(fields[4] / 4 - fields[9]) < 1e-9)
    #expect(fields[4] < fields[2] && fields[2] < fields[1] && fields[1] < fields[3] && fields[3] < fields[5])
    // One value has no interval.
    #expect(lines[8] == "b,4,12.0,,,,,3.0,,,,")
    await #expect(throws: ExitCode(65)) {
      try await run([input, "--horizon", "3", "--sums", "--backtest", "2", "--output", output])
    }
    let table = try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n")
    #expect(table.dropFirst().map { $0.split(separator: ",")[1] } == ["2", "2", "2", "6"])
    #expect(throws: (any Error).self) { try ForecastCommand.parse([input, "--sums", "--plot"]) }
  }

  @Test("a planned event takes its past effect along; covariates that do not fit are refused")
  func covariates() async throws {
    let folder = try Folder()
    let on: Set = [9, 17, 26, 33, 42]
    let values = (0..<48).map { "\(10 + Double($0 * 7 % 5) / 10 + (on.contains($0) ? 20 : 0))" }
    let input = try folder.file("w.csv", "id,v\na,\(values.joined(separator: ","))\nb,1,2,3,2,1,2,3,2,1,2\n")
    let flags = (0..<50).map { on.contains($0) || $0 == 49 ? "1" : "0" }.joined(separator: ",")
    let known = try folder.file("k.csv", "id,covariate,v\na,promotion,\(flags)\n*,nothing,\(flags)\n")
    let output = folder.url.path + "/out.csv"
    try await run([input, "--horizon", "2", "--covariates", known, "--output", output])
    let means = try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n").dropFirst()
      .compactMap { Double($0.split(separator: ",")[2]) }
    #expect(means.count == 4 && abs(means[0] - 10.2) < 1 && abs(means[1] - 30.2) < 1.5)
    try await run([input, "--horizon", "2", "--covariates", known, "--backtest", "2", "--output", output])
    let short = try folder.file("s.csv", "id,covariate,v\na,promotion,1,0\n")
    await #expect(throws: ExitCode(65)) {
      try await run([input, "--horizon", "2", "--covariates", short, "--output", output])
    }
    for text in [
      "", "id,v\n", "id,covariate,v\na,x,1\na,x,2\n", "id,covariate,v\na,x,1,,2\n", "id,covariate,v\na,,1\n",
    ] {
      let bad = try folder.file("bad.csv", text)
      #expect(throws: FileError.self) { try CovariateFile(path: bad) }
    }
  }

  @Test("a wrong file leaves no output behind")
  func noPartialOutput() async throws {
    let folder = try Folder()
    let input = try folder.file("w.csv", "id,v\na,1\nb,x\n")
    let output = folder.url.path + "/out.csv"
    await #expect(throws: ExitCode(65)) { try await run([input, "--horizon", "1", "--output", output]) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["w.csv"])
  }

  @Test("output replaces files only: a link stays a link, a pipe a pipe")
  func outputInPlace() async throws {
    let folder = try Folder()
    let input = try folder.file("w.csv", "id,v1,v2,v3,v4\na,1,1,1,1\n")
    let target = try folder.file("target.csv", "old")
    let link = folder.url.path + "/link.csv"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "target.csv")
    try await run([input, "--horizon", "1", "--output", link])
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "target.csv")
    let written = try String(contentsOfFile: target, encoding: .utf8)
    #expect(written.hasPrefix("id,step,"))

    let pipe = folder.url.path + "/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    // Both ends: neither opening nor writing these few bytes waits for anybody.
    let end = open(pipe, O_RDWR)
    defer { close(end) }
    try await run([input, "--horizon", "1", "--output", pipe])
    let piped = FileHandle(fileDescriptor: end, closeOnDealloc: false).availableData
    #expect(String(decoding: piped, as: UTF8.self) == written)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).count == 4, "nothing half-written")
  }

  @Test(
    "wrong options are refused",
    arguments: [
      ["x", "--horizon", "0"], ["x", "--level", "0"], ["x", "--level", "95,"], ["x", "--season", "0"],
      ["x", "--twin", "sensor/a"], ["x", "--metric", "m"], ["x", "--backtest", "2", "--png", "."],
      ["x", "--season", "a"], ["x", "--threads", "0"], ["x", "--format", "xml"], [],
    ])
  func options(arguments: [String]) {
    #expect(throws: (any Error).self) { try ForecastCommand.parse(arguments) }
  }
}
