import Files
import Postgres
import Queue

/// A file of jobs, one JSON object per line, enqueued chunk by chunk in constant memory.
///
/// Each chunk is a transaction: what was answered is in, whatever happens afterwards. With `isAtomic` the file is one
/// transaction, and a refused line undoes it.
struct JobFile {
  let path: String
  let isAtomic: Bool
  /// Lines before this one are passed over: they went in before.
  let firstLine: Int
  /// Where each line's outcome is written; nil: nowhere.
  let log: JobLog?

  /// The outcome of the file's lines so far.
  struct Summary: Sendable {
    var counts: [String: Int] = [:]
    /// The first lines that were refused.
    var refused: [StagedJobs.Result] = []
    /// The last line whose outcome is settled.
    var lastLine = 0
    /// Lines of the chunk that was under way when something failed.
    var underWay: ClosedRange<Int>?

    subscript(outcome: String) -> Int { counts[outcome] ?? 0 }
  }

  /// Refused lines that are told on standard error; the log has all.
  static let refusalsTold = 20

  /// Enqueues the file.
  /// - Parameter summary: kept up to date, so that it is known how far the file got when an error ends it.
  /// - Throws: `FileError` for what cannot be read, `PostgresError`, `Undone`.
  func enqueue(into summary: inout Summary, on connection: Connection) async throws {
    let chunks = JobChunks(InputLines(try LineReader(path: path)), firstLine: firstLine)
    try await StagedJobs.prepare(on: connection)
    if isAtomic {
      summary = try await connection.transaction { try await enqueueAtOnce(chunks, on: $0) }
      try log?.publish()
      return
    }
    var next = try chunks.next()
    while let chunk = next {
      summary.underWay = chunk[0].number...chunk[chunk.count - 1].number
      let (path, answersAll) = (path, log != nil)
      async let stored = connection.transaction {
        try await Self.stage(chunk, of: path, answersAll: answersAll, on: $0)
      }
      // Read while the server works. A fault of the next chunk waits until this one is settled.
      let following = Result { try chunks.next() }
      let answer = try await stored
      summary.underWay = nil
      try settle(answer, chunk, in: &summary)
      try log?.flush()
      next = try following.get()
    }
  }

  /// All chunks inside one transaction.
  private nonisolated(nonsending) func enqueueAtOnce(
    _ chunks: JobChunks, on connection: Connection
  ) async throws -> Summary {
    var summary = Summary()
    while let chunk = try chunks.next() {
      let answer = try await Self.stage(chunk, of: path, answersAll: log != nil, on: connection)
      try settle(answer, chunk, in: &summary)
      try await StagedJobs.clear(on: connection)
    }
    guard summary["refused"] == 0 else { throw Undone(summary: summary) }
    return summary
  }

  /// Refused lines that undid an atomic file.
  struct Undone: Error {
    let summary: Summary
  }

  private nonisolated(nonsending) static func stage(
    _ chunk: [StagedJobs.Line], of path: String, answersAll: Bool, on connection: Connection
  ) async throws -> StagedJobs.Answer {
    do throws(PostgresError) {
      return try await StagedJobs.enqueue(chunk, answersAll: answersAll, on: connection)
    } catch {
      throw located(error, in: chunk, of: path)
    }
  }

  /// An error about one line says which.
  private static func located(
    _ error: PostgresError, in chunk: [StagedJobs.Line], of path: String
  ) -> any Error {
    guard let index = StagedJobs.line(of: error), chunk.indices.contains(index) else { return error }
    return FileError(
      file: path, line: chunk[index].number, problem: "is no JSON: \(error.message)",
      remedy: #"write one object per line, such as {"kind": "probe"}"#)
  }

  private func settle(
    _ answer: StagedJobs.Answer, _ chunk: [StagedJobs.Line], in summary: inout Summary
  ) throws(FileError) {
    summary.counts.merge(answer.counts) { $0 + $1 }
    summary.lastLine = chunk[chunk.count - 1].number
    for result in answer.results {
      if result.outcome == "refused", summary.refused.count < Self.refusalsTold { summary.refused.append(result) }
      try log?.write(result)
    }
  }
}

/// The lines of a file, in chunks.
final class JobChunks {
  /// Lines of one transaction. Too few: round trips and commits dominate. Too many: memory, and longer waits for
  /// whoever enqueues the same keys.
  static let lines = 10_000
  /// Bytes after which a chunk ends early.
  static let bytes = 8 << 20

  private let input: InputLines
  private let firstLine: Int
  private var line = 0

  init(_ input: InputLines, firstLine: Int) {
    self.input = input
    self.firstLine = firstLine
  }

  /// nil at the end of the file. Blank lines are no jobs.
  func next() throws -> [StagedJobs.Line]? {
    var chunk: [StagedJobs.Line] = []
    var bytes = 0
    while chunk.count < Self.lines, bytes < Self.bytes, var text = try input.next() {
      line += 1
      // The byte order mark that some editors write.
      if line == 1, text.starts(with: [0xEF, 0xBB, 0xBF]) { text.removeFirst(3) }
      if line < firstLine || text.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) { continue }
      bytes += text.count
      chunk.append(StagedJobs.Line(number: line, json: text))
    }
    return chunk.isEmpty ? nil : chunk
  }
}
