import FoundationEssentials

/// Answers that are kept in files: what the program shows to people and programs must not change unnoticed.
///
/// `TWINMILL_RENEW_GOLDEN=1 swift test --filter Golden` writes the files anew; `git diff` then shows what has changed.
public enum Golden {
  /// Compares a text with a file of `Tests/Golden`, or writes that file.
  /// - Returns: what differs and what to do about it; nil: nothing differs.
  public static func difference(_ text: String, from file: String) throws -> String? {
    let path = folder + "/" + file
    if ProcessInfo.processInfo.environment["TWINMILL_RENEW_GOLDEN"] == "1" {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      return nil
    }
    return difference(
      text, fromFile: path,
      remedy: "Tests/Golden/\(file) is out of date; if the change is wanted: "
        + "TWINMILL_RENEW_GOLDEN=1 swift test --filter Golden")
  }

  /// Compares a text with a file.
  /// - Returns: the remedy and the first lines that differ; nil: nothing differs.
  public static func difference(_ text: String, fromFile path: String, remedy: String) -> String? {
    let data = FileManager.default.contents(atPath: path) ?? Data()
    let kept = String(decoding: data, as: UTF8.self)
    guard kept != text else { return nil }
    let old = kept.split(separator: "\n", omittingEmptySubsequences: false)
    let new = text.split(separator: "\n", omittingEmptySubsequences: false)
    let line = zip(old, new).prefix { $0 == $1 }.count
    func shown(_ lines: [Substring], _ mark: String) -> String {
      lines.dropFirst(line).prefix(3).map { "\n\(mark) \($0)" }.joined()
    }
    return remedy + "\nfrom line \(line + 1) on:" + shown(old, "-") + shown(new, "+")
  }

  /// The root of the repository.
  public static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  private static let folder = repository + "/Tests/Golden"
}
