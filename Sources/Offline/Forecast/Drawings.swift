import Files
import Forecasting
import Glibc

/// The folders that drawings are written to, one file a series.
struct Drawings: Sendable {
  private let svg: String?
  private let png: String?
  private let converter: PictureConverter?

  /// - Throws: when a folder is not there, or the program that makes PNG is not.
  init(svg: String?, png: String?) throws {
    self.svg = svg
    self.png = png
    for folder in [svg, png].compactMap(\.self) {
      var status = stat()
      guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
        throw FileError(file: folder, problem: "is no folder", remedy: "make it first, and give its name")
      }
    }
    converter = png == nil ? nil : try PictureConverter()
  }

  /// Whether there is anything to write.
  var isAsked: Bool { svg != nil || png != nil }

  /// Writes a drawing; no file is ever replaced.
  /// - Parameter name: of the file, without folder and type.
  func write(_ chart: FanChart, name: String) throws(FileError) {
    let picture = chart.svg()
    if let svg {
      var file = try NewFile(path: "\(svg)/\(name).svg")
      try file.write(picture)
      file.finish()
    }
    if let png { try converter?.write(picture, to: "\(png)/\(name).png") }
  }
}
