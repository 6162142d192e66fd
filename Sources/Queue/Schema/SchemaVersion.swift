/// Versions of the program, in order: numbers between dots, compared one by one.
struct SchemaVersion: Comparable, Sendable {
  private let numbers: [Int]

  /// Reads a text such as `0.2.0`. A part that is no number counts as 0.
  init(_ text: String) {
    numbers = text.split(separator: ".").map { Int($0.prefix { $0.isNumber }) ?? 0 }
  }

  static func < (a: SchemaVersion, b: SchemaVersion) -> Bool {
    let length = max(a.numbers.count, b.numbers.count)
    return a.padded(length).lexicographicallyPrecedes(b.padded(length))
  }

  static func == (a: SchemaVersion, b: SchemaVersion) -> Bool { !(a < b) && !(b < a) }

  private func padded(_ length: Int) -> [Int] {
    numbers + Array(repeating: 0, count: length - numbers.count)
  }
}
