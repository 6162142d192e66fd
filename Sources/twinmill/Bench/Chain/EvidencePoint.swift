import FoundationEssentials

/// A row of an insight's `data_points` or a recommendation's `rests_on`.
struct EvidencePoint: Decodable, Sendable {
  let source: String
  let jobId: Int64?
  let metric: String?
  let name: String?
  let value: Double?
  let text: String?
  let at: String?
  let from: String?
  let until: String?

  private enum CodingKeys: String, CodingKey {
    case source, metric, name, value, text, at, from, until
    case jobId = "job_id"
  }

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
