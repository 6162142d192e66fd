import CSV
import Files
import Forecasting

/// Covariates of series, held in memory: `id,covariate,v1,v2,…`, one row each; the id `*` stands for every series.
struct CovariateFile: Sendable {
  private var byID: [String: [Covariate]] = [:]

  /// Reads a whole file, plain or gzip'd.
  init(path: String) throws(FileError) {
    var reader = try LineReader(path: path)
    var isFirst = true
    while let line = try reader.next() {
      if line.allSatisfy({ $0 == 32 || $0 == 9 }) { continue }
      let fields: [Substring]
      do {
        fields = try CSVLine.fields(line)
      } catch {
        throw FileError(file: path, line: reader.line, problem: error.problem)
      }
      guard !isFirst else {
        isFirst = false
        guard fields.count >= 3, fields[0].lowercased() == "id", fields[1].lowercased() == "covariate" else {
          throw FileError(
            file: path, line: reader.line, problem: "the header is not id,covariate,v1,v2,…",
            remedy: "name the columns so; the id * stands for every series")
        }
        continue
      }
      guard fields.count >= 3, !fields[0].isEmpty, !fields[1].isEmpty else {
        throw FileError(
          file: path, line: reader.line, problem: "the row has no id, name or value",
          remedy: "give id,covariate and a value for each sample and each step to forecast")
      }
      var values: [Double] = []
      for column in 2..<fields.count {
        values.append(
          try NumberField.value(fields[column], file: path, line: reader.line, column: column + 1))
      }
      // Rows of a table are padded to its width.
      while let last = values.last, last.isNaN { values.removeLast() }
      guard !values.contains(where: \.isNaN) else {
        throw FileError(
          file: path, line: reader.line, problem: "covariate \"\(fields[1])\" has a gap",
          remedy: "give a value for each sample and each step; what was not there is 0")
      }
      let id = String(fields[0])
      guard !(byID[id] ?? []).contains(where: { $0.name == fields[1] }) else {
        throw FileError(
          file: path, line: reader.line, problem: "covariate \"\(fields[1])\" of \"\(id)\" was there before",
          remedy: "give every covariate of a series a name of its own")
      }
      byID[id, default: []].append(Covariate(name: String(fields[1]), values: values))
    }
    if isFirst {
      throw FileError(file: path, problem: "is empty", remedy: "give the header id,covariate,v1,v2,… and rows")
    }
  }

  /// The covariates of a series, those of every series first.
  func covariates(of id: String) -> [Covariate] { (byID["*"] ?? []) + (id == "*" ? [] : byID[id] ?? []) }
}
