import CSV
import Files
import FoundationEssentials
import Queue

/// A producer's log of its acknowledged enqueues: one line each, written after the answer came.
///
/// JSON lines: `{"job_id":1,"outcome":"inserted"}`; other members (`unique_key`, `at`) are for people. Outcomes are
/// those of `twinmill.enqueue`; `refused` names no job; `unknown`, also without a job id, stands for an enqueue whose
/// answer never came. Or the same as CSV with the columns `job_id,outcome`, as `psql --csv` prints them.
package struct AcknowledgedLog: Sendable, Equatable {
  /// Jobs that an enqueue inserted, ascending.
  private(set) var inserted: [JobID] = []
  /// Jobs that an enqueue was merged with, ascending.
  private(set) var merged: [JobID] = []
  /// Enqueues whose answer never came.
  private(set) var unanswered = 0
  /// Whether the last line was broken off, as by a producer that was killed while it wrote; it counts as unanswered.
  package private(set) var isTorn = false

  /// One line.
  struct Line: Decodable, Equatable {
    let job: JobID?
    let outcome: String

    enum CodingKeys: String, CodingKey {
      case job = "job_id"
      case outcome
    }
  }

  /// Of nothing.
  init() {}

  /// Reads whole files, plain or gzip'd, `-` is standard input; their lines may come in any order.
  /// - Throws: `FileError` naming file and line.
  package init(reading paths: [String]) throws {
    for path in paths { try read(path) }
    inserted.sort()
    merged.sort()
  }

  private mutating func read(_ path: String) throws {
    var reader = try LineReader(path: path)
    var block: [[UInt8]] = []
    var first = 1
    while let line = try reader.next() {
      block.append(line)
      guard block.count == Self.blockLength else { continue }
      try add(block, from: first, of: path, isLast: false)
      first += block.count
      block.removeAll(keepingCapacity: true)
    }
    try add(block, from: first, of: path, isLast: true)
  }

  /// Lines that are decoded at once: a decoder of its own for each line takes three times as long.
  private static let blockLength = 1000

  private mutating func add(_ block: [[UInt8]], from first: Int, of path: String, isLast: Bool) throws {
    if let lines = Self.decodedAtOnce(block) {
      for line in lines { _ = add(line) }
      return
    }
    for (offset, bytes) in block.enumerated() where !bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
      guard let line = Self.line(bytes), add(line) else {
        if offset + first == 1, Self.isHeader(bytes) { continue }
        if isLast, offset == block.count - 1 {
          isTorn = true
          unanswered += 1
          return
        }
        throw FileError(
          file: path, line: first + offset, problem: "no acknowledged enqueue",
          remedy: "write {\"job_id\":1,\"outcome\":\"inserted\"}, or job_id,outcome as psql --csv does")
      }
    }
  }

  /// - Returns: false when the line says nothing of an enqueue.
  private mutating func add(_ line: Line) -> Bool {
    switch (line.outcome, line.job) {
    case ("refused", _): break
    case ("unknown", nil): unanswered += 1
    case ("inserted", let job?): inserted.append(job)
    case (_, let job?): merged.append(job)
    default: return false
    }
    return true
  }

  // MARK: - Lines

  /// All lines as one JSON array; nil: not all of them are JSON objects of enqueues.
  private static func decodedAtOnce(_ block: [[UInt8]]) -> [Line]? {
    var array: [UInt8] = [UInt8(ascii: "[")]
    for line in block {
      guard line.first == UInt8(ascii: "{") else { return nil }
      if array.count > 1 { array.append(UInt8(ascii: ",")) }
      array += line
    }
    array.append(UInt8(ascii: "]"))
    let lines = try? JSONDecoder().decode([Line].self, from: Data(array))
    guard let lines, lines.count == block.count, lines.allSatisfy({ $0.job != nil || isJobless($0.outcome) }) else {
      return nil
    }
    return lines
  }

  private static func isJobless(_ outcome: String) -> Bool { outcome == "refused" || outcome == "unknown" }

  private static func line(_ bytes: [UInt8]) -> Line? {
    if bytes.first == UInt8(ascii: "{") { return try? JSONDecoder().decode(Line.self, from: Data(bytes)) }
    guard let fields = try? CSVLine.fields(bytes), fields.count >= 2 else { return nil }
    if let job = JobID(fields[0]), outcomes.contains(String(fields[1])) {
      return Line(job: job, outcome: String(fields[1]))
    }
    return fields[0].isEmpty && isJobless(String(fields[1])) ? Line(job: nil, outcome: String(fields[1])) : nil
  }

  /// A line of CSV that was broken off must not pass for another outcome.
  private static let outcomes: Set<String> = ["inserted", "merged", "replaced"]

  private static func isHeader(_ bytes: [UInt8]) -> Bool {
    String(decoding: bytes, as: UTF8.self).hasPrefix("job_id,outcome")
  }
}
