import CSV
import Files
import FoundationEssentials
import Queue

/// The jobs that one look saw final, kept for the next look: CSV with a header, ascending by job id.
package enum WitnessFile {
  static let header = "job_id,state,attempt,token,finished_at_us"

  /// One line of the file.
  static func line(_ final: EarlierFinal) -> String {
    let token = final.token?.uuidString.lowercased() ?? ""
    return "\(final.job),\(final.state),\(final.attempt),\(token),\(final.finishedAt)\n"
  }

  /// Reads a file that `--save` wrote.
  /// - Throws: `FileError` naming the line.
  package static func read(_ path: String) throws -> [EarlierFinal] {
    var reader = try LineReader(path: path)
    var finals: [EarlierFinal] = []
    guard let first = try reader.next(), first.elementsEqual(header.utf8) else {
      throw FileError(
        file: path, line: 1, problem: "not what an earlier look saw", remedy: "name a file of twinmill verify --save")
    }
    while let bytes = try reader.next() {
      guard let final = final(bytes) else {
        throw FileError(file: path, line: reader.line, problem: "no final job", remedy: "save it anew")
      }
      // A job that had ended twice is in the file twice; one end is enough to compare with.
      if finals.last?.job != final.job { finals.append(final) }
    }
    return finals
  }

  private static func final(_ bytes: [UInt8]) -> EarlierFinal? {
    guard let fields = try? CSVLine.fields(bytes), fields.count == 5, let job = JobID(fields[0]),
      let attempt = Int(fields[2]), let finishedAt = Int64(fields[4])
    else { return nil }
    let token = fields[3].isEmpty ? nil : UUID(uuidString: String(fields[3]))
    guard fields[3].isEmpty || token != nil else { return nil }
    return EarlierFinal(job: job, state: String(fields[1]), attempt: attempt, token: token, finishedAt: finishedAt)
  }
}
