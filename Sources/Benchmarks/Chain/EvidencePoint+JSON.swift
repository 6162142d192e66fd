import Files
import FoundationEssentials
import Simulation

extension EvidencePoint {
  /// Reads a JSON array of them.
  static func list(_ json: String) throws -> [EvidencePoint] {
    do {
      return try JSONDecoder().decode([EvidencePoint].self, from: Data(json.utf8))
    } catch {
      throw CommandFailure("evidence is no list of rows: \(error): \(json.prefix(300))")
    }
  }

  /// An instant as the rows write it; nil when it is none.
  static func date(_ text: String?) -> Date? {
    guard let text else { return nil }
    return try? Date(text, strategy: .iso8601)
  }
}
