/// A row of an insight's `data_points` or a recommendation's `rests_on`.
package struct EvidencePoint: Decodable, Sendable {
  package let source: String
  package let jobId: Int64?
  package let metric: String?
  package let name: String?
  package let value: Double?
  package let text: String?
  package let at: String?
  package let from: String?
  package let until: String?

  private enum CodingKeys: String, CodingKey {
    case source, metric, name, value, text, at, from, until
    case jobId = "job_id"
  }
}
