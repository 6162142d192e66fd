import FoundationEssentials
import Queue

/// Where a result comes from: job, program, input. The metadata of every row and summary begins with it.
package struct Lineage: JSONObject, Hashable {
  package let job: JobID
  package let attempt: Int
  /// The kind that wrote it.
  package let kind: String
  /// The version of the program.
  package let codeVersion: String
  package let inputHash: String
  /// The database role that asked for it.
  package let requestedBy: String
  /// The schedule that asked for it, if one did.
  package let schedule: String?
  /// The planned instant of that schedule.
  package let tick: Date?
  package let domain: String

  /// The lineage of what a job makes.
  package init(of job: Job, inputHash: String, domain: String) {
    self.job = job.id
    attempt = job.attempt
    kind = job.kind
    codeVersion = BuildInfo.version
    self.inputHash = inputHash
    requestedBy = job.requestedBy
    schedule = job.schedule
    tick = job.tick
    self.domain = domain
  }

  package func writeMembers(to json: inout JSONWriter) {
    json.member(CodingKeys.job, job)
    json.member(CodingKeys.attempt, attempt)
    json.member(CodingKeys.kind, kind)
    json.member(CodingKeys.codeVersion, codeVersion)
    json.member(CodingKeys.inputHash, inputHash)
    json.member(CodingKeys.requestedBy, requestedBy)
    json.member(CodingKeys.schedule, ifPresent: schedule)
    json.member(CodingKeys.tick, ifPresent: tick)
    json.member(CodingKeys.domain, domain)
  }
}

extension Lineage: Decodable {
  private enum CodingKeys: String, CodingKey {
    case job = "job_id"
    case attempt, kind, schedule, tick, domain
    case codeVersion = "code_version"
    case inputHash = "input_hash"
    case requestedBy = "requested_by"
  }

  /// Job and kind must be there: an application's row has other metadata. The rest may have been taken out.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    job = try container.decode(JobID.self, forKey: .job)
    kind = try container.decode(String.self, forKey: .kind)
    attempt = try container.decodeIfPresent(Int.self, forKey: .attempt) ?? 1
    codeVersion = try container.decodeIfPresent(String.self, forKey: .codeVersion) ?? ""
    inputHash = try container.decodeIfPresent(String.self, forKey: .inputHash) ?? ""
    requestedBy = try container.decodeIfPresent(String.self, forKey: .requestedBy) ?? ""
    schedule = try container.decodeIfPresent(String.self, forKey: .schedule)
    tick = try container.decodeInstantIfPresent(forKey: .tick)
    domain = try container.decodeIfPresent(String.self, forKey: .domain) ?? ""
  }
}

extension Decodable {
  /// The document of a text; nil when the text is another document, or none.
  package init?(json text: String) {
    guard let document = try? JSONDecoder().decode(Self.self, from: Data(text.utf8)) else { return nil }
    self = document
  }
}

extension KeyedDecodingContainer {
  /// An instant as `JSONWriter` writes it.
  package func decodeInstant(forKey key: Key) throws -> Date {
    try Date(decode(String.self, forKey: key), strategy: .iso8601)
  }

  /// An instant; nil when there is none, or when it cannot be read.
  package func decodeInstantIfPresent(forKey key: Key) throws -> Date? {
    try decodeIfPresent(String.self, forKey: key).flatMap { try? Date($0, strategy: .iso8601) }
  }

  /// A whole number of a range.
  /// - Throws: `DecodingError` for a number outside of it.
  package func decode(in range: ClosedRange<Int>, forKey key: Key) throws -> Int {
    let number = try decode(Int.self, forKey: key)
    guard range.contains(number) else {
      throw DecodingError.dataCorruptedError(
        forKey: key, in: self, debugDescription: "\(number) is outside of \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }
}
