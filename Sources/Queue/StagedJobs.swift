import Postgres

/// Jobs as JSON texts, many in one statement: COPY into a table of the session, then `twinmill.enqueue_many` over it.
public enum StagedJobs {
  /// One job of a file.
  public struct Line: Sendable {
    /// Where it stands in the file, from 1.
    public let number: Int
    /// An object with the names of enqueue's parameters, in UTF-8; the server checks it.
    public let json: [UInt8]

    /// A line by its number and text.
    public init(number: Int, json: [UInt8]) {
      self.number = number
      self.json = json
    }
  }

  /// The outcome of one line.
  public struct Result: Sendable {
    /// The line's number.
    public let line: Int
    /// nil: refused.
    public let jobID: JobID?
    /// `inserted`, `merged`, `replaced` or `refused`.
    public let outcome: String
    /// The job's key, if it has one.
    public let uniqueKey: String?
    /// Why it was refused, with a remedy.
    public let message: String?
  }

  /// The outcomes of all lines.
  public struct Answer: Sendable {
    /// Lines by outcome.
    public var counts: [String: Int] = [:]
    /// The lines asked for, in order.
    public var results: [Result] = []
  }

  /// Makes the session's table; once per connection, outside of a transaction.
  public static func prepare(on connection: Connection) async throws(PostgresError) {
    _ = try await connection.query(Statements.stageJobs())
  }

  /// Enqueues lines, inside the caller's transaction.
  /// - Parameters:
  ///   - answersAll: whether to answer every line, or only those refused.
  /// - Throws: as `query`; what is no JSON is an error (22P02) whose context names the line within `lines`.
  public static func enqueue(
    _ lines: [Line], answersAll: Bool, on connection: Connection
  ) async throws(PostgresError) -> Answer {
    _ = try await connection.copyIn(
      "COPY pg_temp.twinmill_staged_jobs FROM STDIN (FORMAT binary)", lines.enumerated()
    ) { (line, row) throws(PostgresError) in
      try row.append(Int64(line.offset + 1))
      try row.append(UncheckedJSON(bytes: line.element.json))
    }
    var answer = Answer()
    for row in try await connection.query(Statements.enqueueStaged(answersAll)) {
      let (number, job, outcome, key, message) = try row.decode(
        Int64?.self, Int64?.self, String.self, String?.self, String?.self)
      if let number {
        let line = lines[Int(number) - 1].number
        answer.results.append(
          Result(line: line, jobID: job.map { JobID($0) }, outcome: outcome, uniqueKey: key, message: message))
      } else {
        answer.counts[outcome] = Int(job ?? 0)
      }
    }
    return answer
  }

  /// Empties the session's table before the transaction ends.
  public static func clear(on connection: Connection) async throws(PostgresError) {
    _ = try await connection.query("TRUNCATE pg_temp.twinmill_staged_jobs")
  }

  /// The line of `lines` that an error is about, from 0; nil when it is about none.
  public static func line(of error: PostgresError) -> Int? {
    guard let context = error.context, let place = context.firstRange(of: "COPY twinmill_staged_jobs, line ") else {
      return nil
    }
    return Int(context[place.upperBound...].prefix { $0.isNumber }).map { $0 - 1 }
  }
}

/// A line's bytes as they are: what is no UTF-8 is for the server to refuse.
private struct UncheckedJSON: PostgresEncodable {
  let bytes: [UInt8]

  static var postgresType: PostgresType { .jsonb }

  func encode(into buffer: inout [UInt8]) {
    buffer.append(1)
    buffer.append(contentsOf: bytes)
  }
}
