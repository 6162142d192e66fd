import ArgumentParser
import Files
import Postgres

/// `twinmill enqueue --from FILE`
extension EnqueueCommand {
  /// Prints the refused lines and a summary.
  /// - Throws: `ExitCode` 1 when a line was refused.
  func enqueueFile(_ path: String) async throws {
    let log = global.json || log != nil ? try JobLog(path: log, waitsForCommit: atomic) : nil
    let file = JobFile(path: path, isAtomic: atomic, firstLine: firstLine, log: log)
    var summary = JobFile.Summary()
    do {
      try await enqueue(file, into: &summary)
    } catch let undone as JobFile.Undone {
      summary = undone.summary
      tellRefusals(of: summary, path)
      throw CommandFailure(
        "\(path): \(summary["refused"]) refused, so nothing was enqueued; correct them, or leave out --atomic")
    } catch {
      tellRefusals(of: summary, path)
      let progress = progress(of: summary, error)
      if var error = error as? FileError {
        error.remedy = [error.remedy, progress].compactMap { $0 }.joined(separator: "; ")
        throw error
      }
      StandardError.write("twinmill: \(path): \(progress)\n")
      throw error
    }
    tellRefusals(of: summary, path)
    let counts = "\(summary["inserted"]) inserted, \(summary["merged"]) merged, \(summary["replaced"]) replaced, "
    let line = "\(path): \(counts)\(summary["refused"]) refused"
    if global.json { StandardError.write("twinmill: \(line)\n") } else { print(line) }
    if summary["refused"] > 0 { throw ExitCode(ExitStatus.failed.rawValue) }
  }

  private func enqueue(_ file: JobFile, into summary: inout JobFile.Summary) async throws {
    let connection = try await global.connect()
    do {
      try await file.enqueue(into: &summary, on: connection)
    } catch {
      await connection.close()
      throw error
    }
    await connection.close()
  }

  private func tellRefusals(of summary: JobFile.Summary, _ path: String) {
    for result in summary.refused {
      StandardError.write("twinmill: \(path):\(result.line): refused: \(result.message ?? "")\n")
    }
    let untold = summary["refused"] - summary.refused.count
    if untold > 0 { StandardError.write("twinmill: \(path): \(untold) more refused; --log FILE names all\n") }
  }

  /// Says after an error how many lines are enqueued and how many are not.
  private func progress(of summary: JobFile.Summary, _ error: any Error) -> String {
    let isUnknown = (error as? PostgresError)?.kind == .commitUnknown
    if atomic {
      return isUnknown ? "all of it is enqueued, or nothing: look at twinmill.all_jobs" : "nothing was enqueued"
    }
    let next = max(summary.lastLine + 1, firstLine)
    if let underWay = summary.underWay, isUnknown {
      return "what stands before line \(underWay.lowerBound) is settled, lines \(underWay.lowerBound) to "
        + "\(underWay.upperBound) are enqueued all or not at all: look at twinmill.all_jobs"
    }
    if summary.lastLine == 0 { return "nothing was enqueued" }
    return "lines before \(next) are settled, none after them is enqueued: go on with --first-line \(next)"
  }
}
