import ArgumentParser
import CSV
import Files
import FoundationEssentials
import Inference

/// `twinmill correlate`: which factors go with which metrics, and at which lag, without a database.
struct CorrelateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "correlate",
    abstract: "Find lagged correlations between factors and metrics of a CSV file, without a database.",
    discussion: """
      FILE is plain or gzip'd CSV with the columns twin,day and others; - is standard input. A day is a whole number \
      or a date. An empty field is a missing value. The rows may come in any order. A factor may be 0/1.

      Writes twin,factor,metric,lag,sign,r,n,p,q: the metric follows the factor after lag days (0 to --max-lag).

      Method: for each metric, generalised least squares on mean, trend, season and the factors found so far, with \
      AR(1) errors by restricted likelihood over the values that are there (Jones 1980; Harville 1974), and a \
      further short filter where BIC asks for it. A rhythm or slow wave that metric and factor share (a month, a pay \
      day, the year) is taken out first: it is the calendar's. Metric and factors are whitened with it. r is the partial \
      correlation with the normal scores of the metric's residuals, given the other factors found. p is Student's, \
      for the best of all lags by Sidak. q is adjusted for all pairs tried, by Benjamini and Hochberg (1995), within \
      the twin and over the file; the larger one counts. The surest finding of a twin must hold at a fifth of --fdr.
      """)

  @Argument(help: "The file to read; - is standard input.")
  var file: String

  @Option(help: "Columns that may act: names with * and ?, separated by commas, such as 'f*'.")
  var factors: String

  @Option(help: "Columns that may react: names with * and ?, separated by commas, such as 'm*'.")
  var metrics: String

  @Option(help: "Largest lag in days.")
  var maxLag = 14

  @Option(help: "Largest expected share of false ones among the findings.")
  var fdr = 0.05

  @Option(help: "Days of the season that factors and metrics may share; 0 is none.")
  var season = 7

  @Option(help: "What of the metrics is correlated: ranks (normal scores) or values (Pearson).")
  var measure: CorrelationSearch.Measure = .ranks

  @Flag(help: "Write every pair tried, not only the significant ones.")
  var all = false

  @Option(help: "Threads; at most the cores of this machine. Default: all cores.")
  var threads: Int?

  @Option(help: "The file to write; default is standard output.")
  var output: String?

  func validate() throws {
    guard (0...1_000).contains(maxLag) else { throw ValidationError("--max-lag must be between 0 and 1000.") }
    guard fdr > 0, fdr < 1 else { throw ValidationError("--fdr must be between 0 and 1, such as 0.05.") }
    guard (0...1_000).contains(season) else { throw ValidationError("--season must be between 0 and 1000.") }
    if let threads, threads < 1 { throw ValidationError("--threads must be at least 1.") }
  }

  func run() async throws {
    let choice = ColumnChoice(file: file, factors: factors, metrics: metrics)
    let table = try PanelFile(path: file, head: ("twin", "day"), choose: choice.positions)
    let factorCount = try choice.factorCount(of: table.names)
    let search = CorrelationSearch(maximumLag: maxLag, season: season, measure: measure)
    let results = await InOrder.map(table.panels, threads: threads) { panel in
      Self.tests(panel, factorCount: factorCount, search: search)
    }
    try write(results, table: table, factorCount: factorCount)
  }

  private static func tests(
    _ panel: PanelFile.Panel, factorCount: Int, search: CorrelationSearch
  ) -> Result<[CorrelationTest], InferenceError> {
    do throws(InferenceError) {
      return .success(
        try search.tests(
          factors: Array(panel.columns[..<factorCount]), metrics: Array(panel.columns[factorCount...])))
    } catch {
      return .failure(error)
    }
  }

  /// Says of each column why it cannot be tried.
  private func explain(_ panel: PanelFile.Panel, _ names: [String], factorCount: Int) {
    var reasons: [String] = []
    for (index, (name, values)) in zip(names, panel.columns).enumerated() {
      let obstacle =
        index < factorCount
        ? CorrelationSearch.obstacle(ofFactor: values) : CorrelationSearch.obstacle(ofMetric: values)
      if let obstacle { reasons.append("\(name) \(obstacle)") }
    }
    StandardError.write(
      "twinmill: \(file):\(panel.line): twin \"\(panel.key)\": nothing could be tested: "
        + reasons.joined(separator: "; ") + "\n")
  }

  private func write(
    _ results: [Result<[CorrelationTest], InferenceError>], table: PanelFile, factorCount: Int
  ) throws {
    var tests: [CorrelationTest] = []
    var families: [Int] = []
    var failures = 0
    for (twin, result) in results.enumerated() {
      switch result {
      case .success(let found):
        tests += found
        if found.isEmpty {
          failures += 1
          explain(table.panels[twin], table.names, factorCount: factorCount)
        }
        families += found.map { _ in twin }
      case .failure(let error):
        failures += 1
        let panel = table.panels[twin]
        StandardError.write("twinmill: \(file):\(panel.line): twin \"\(panel.key)\": \(error)\n")
      }
    }
    let q = FalseDiscoveryRate.adjusted(tests.map(\.p), families: families)
    var writer = try OutputFile(path: output)
    try writer.write("twin,factor,metric,lag,sign,r,n,p,q\n")
    for (index, test) in tests.enumerated() where all || q[index] <= fdr {
      let names = [
        table.panels[families[index]].key, table.names[test.factor], table.names[factorCount + test.metric],
      ]
      let sign = test.direction < 0 ? "-" : "+"
      try writer.write(
        names.map(CSVLine.quoted).joined(separator: ",")
          + ",\(test.lag),\(sign),\(test.r),\(test.count),\(test.p),\(q[index])\n")
    }
    try writer.finish()
    if failures > 0 { throw ExitCode(65) }
  }
}

extension CorrelationSearch.Measure: ExpressibleByArgument {}
