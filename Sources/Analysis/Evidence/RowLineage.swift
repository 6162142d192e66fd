import FoundationEssentials
import Queue

/// What the metadata of a result row says about where it comes from.
package struct RowLineage: Sendable, Decodable {
  package let kind: String
  package let job: JobID

  private enum CodingKeys: String, CodingKey {
    case kind
    case job = "jobId"
  }

  /// nil when it is no lineage: an application's row has other metadata, or none.
  package init?(_ metadata: String) {
    guard let lineage = Self.decode(Self.self, metadata) else { return nil }
    self = lineage
  }

  /// A document whose names are in snake case; nil when it is another.
  package static func decode<Document: Decodable>(_ type: Document.Type, _ text: String) -> Document? {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try? decoder.decode(type, from: Data(text.utf8))
  }

  /// An instant as `formatted(.iso8601)` writes it.
  package static func date(_ text: String) -> Date? { try? Date(text, strategy: .iso8601) }
}
