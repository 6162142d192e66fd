import FoundationEssentials
import Queue

/// What the metadata of a result row says about where it comes from.
struct Lineage: Sendable, Decodable {
  let kind: String
  let job: JobID

  private enum CodingKeys: String, CodingKey {
    case kind
    case job = "job_id"
  }

  /// nil when it is no lineage: an application's row has other metadata, or none.
  init?(_ metadata: String) {
    guard let lineage = try? JSONDecoder().decode(Self.self, from: Data(metadata.utf8)) else { return nil }
    self = lineage
  }

  /// An instant as `formatted(.iso8601)` writes it.
  static func date(_ text: String) -> Date? { try? Date(text, strategy: .iso8601) }
}
