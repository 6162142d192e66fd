import Files
import FoundationEssentials
import Logging
import Postgres
import Telemetry

/// One JSON object a line on standard error: time, level, event, message, then the other keys at top level.
struct JSONLogHandler: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var line = "{\"time\":\"\(Date().formatted(Self.timeStyle))\",\"level\":\"\(event.level)\",\"event\":"
    var values = metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 })
    // Lines of libraries have no name.
    Self.append(
      values.removeValue(forKey: TelemetryKey.event.name) ?? .string(TelemetryEvent.other.rawValue), to: &line)
    line += ",\"message\":"
    Self.append(event.message.description, to: &line)
    for (key, value) in values.sorted(by: { $0.key < $1.key }) {
      line += ","
      Self.append(key, to: &line)
      line += ":"
      Self.append(value, to: &line)
    }
    line += "}\n"
    StandardError.write(line)
  }

  private static let timeStyle = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

  private static func append(_ value: Logger.Metadata.Value, to line: inout String) {
    switch value {
    case .string(let text): append(text, to: &line)
    case .stringConvertible(let value): append(value.description, to: &line)
    case .array(let values):
      line += "["
      for (index, value) in values.enumerated() {
        if index > 0 { line += "," }
        append(value, to: &line)
      }
      line += "]"
    case .dictionary(let values):
      line += "{"
      for (index, (key, value)) in values.sorted(by: { $0.key < $1.key }).enumerated() {
        if index > 0 { line += "," }
        append(key, to: &line)
        line += ":"
        append(value, to: &line)
      }
      line += "}"
    }
  }

  /// Numbers stay numbers, so that `jq 'select(.latency_ms > 100)'` works; everything else is a string.
  private static func append(_ text: String, to line: inout String) {
    if let first = text.utf8.first, first == UInt8(ascii: "-") || (0x30...0x39).contains(first), text.utf8.count < 20,
      let number = Double(text), number.isFinite,
      text.utf8.allSatisfy({ $0 == 0x2D || $0 == 0x2E || (0x30...0x39).contains($0) })
    {
      line += text
      return
    }
    line += JSON.literal(Self.cut(text))
  }

  /// A log is for people: a text beyond this is cut, and says so. An error may quote what a job was given.
  private static let longest = 4_000

  private static func cut(_ text: String) -> String {
    guard text.utf8.count > longest else { return text }
    // Not inside of a character.
    var end = text.utf8.index(text.startIndex, offsetBy: longest)
    while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
    return text[..<end] + "… (\(text.utf8.count) bytes)"
  }
}

extension Logger {
  /// The program's logger: JSON lines at the configured level.
  static func program(_ label: String, level: Logger.Level) -> Logger {
    Logger(label: label) { _ in JSONLogHandler(logLevel: level) }
  }
}
