/// Names of files for series, each given once.
struct DrawingNames {
  /// In lower case, since some file systems take names that differ only in it for one.
  private var given: Set<String> = []

  /// The name of a series' drawing, without folder and type: subject and metric.
  ///
  /// Letters and digits of every script, `-`, `_` and `.` stay; other characters, which no file name should hold,
  /// become `_`. A name that was given before gets a number.
  /// - Returns: the name, and whether it got a number.
  mutating func name(subject: String?, metric: String) -> (name: String, isNumbered: Bool) {
    let plain = Self.plain([subject, metric].compactMap(\.self).joined(separator: "_"))
    var name = plain
    var number = 1
    while !given.insert(name.lowercased()).inserted {
      number += 1
      name = "\(plain)-\(number)"
    }
    return (name, number > 1)
  }

  private static func plain(_ text: String) -> String {
    var plain = ""
    for scalar in text.unicodeScalars {
      let properties = scalar.properties
      let isPlain =
        properties.isAlphabetic || properties.numericType == .decimal || "-_.".unicodeScalars.contains(scalar)
      // A name that begins with a point is hidden, one with a hyphen looks like an option.
      plain.unicodeScalars.append(isPlain && !(plain.isEmpty && (scalar == "." || scalar == "-")) ? scalar : "_")
      // File systems take 255 bytes; a number and the type need room.
      if plain.utf8.count > 196 { break }
    }
    return plain.isEmpty ? "_" : plain
  }
}
