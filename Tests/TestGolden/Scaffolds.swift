import FoundationEssentials

/// The blocks of code in the manual's pages on extending Twinmill. The tests compile and run copies of them.
public enum Scaffolds {
  /// A block of code, and the file that a reader puts it into.
  public struct Block: Sendable {
    /// From the root of the repository.
    public let path: String
    /// The code.
    public let text: String
  }

  /// The blocks of a page of `Deploy/docs/extend`.
  public static func blocks(of page: String) throws -> [Block] {
    let text = try read("\(Golden.repository)/Deploy/docs/extend/\(page)")
    return text.split(separator: "\n```", omittingEmptySubsequences: false).compactMap { part in
      guard let mark = part.firstRange(of: " scaffold="), let end = part[mark.upperBound...].firstIndex(of: "\n") else {
        return nil
      }
      return Block(path: String(part[mark.upperBound..<end]), text: part[part.index(after: end)...] + "\n")
    }
  }

  /// Compares a block with the copy that is compiled, which may import with `@testable`.
  /// - Parameter copy: the file, from the root of the repository.
  /// - Returns: what differs and what to do about it; nil: nothing differs.
  public static func difference(_ block: Block, from copy: String) throws -> String? {
    let path = "\(Golden.repository)/\(copy)"
    let lines = try read(path).split(separator: "\n", omittingEmptySubsequences: false)
    var kept: [Substring] = []
    var isBehindImport = false
    for line in lines {
      defer { isBehindImport = line.hasPrefix("@testable import") }
      if line.hasPrefix("@testable import") || isBehindImport && line.isEmpty { continue }
      kept.append(line)
    }
    guard kept.joined(separator: "\n") != block.text else { return nil }
    return "\(copy) differs from the block of \(block.path) in Deploy/docs/extend; make them equal"
  }

  /// The text of a file.
  public static func read(_ path: String) throws -> String {
    guard let data = FileManager.default.contents(atPath: path) else { throw CocoaError(.fileNoSuchFile) }
    return String(decoding: data, as: UTF8.self)
  }
}
