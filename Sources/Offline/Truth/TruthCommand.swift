import ArgumentParser
import CSV
import Files
import Simulation

/// `twinmill bench truth`: what the analytics state about families of series with known truth.
package struct TruthCommand: AsyncParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "truth",
    abstract: "Hold what is stated about simulated series of many families against the truth.",
    discussion: """
      Needs no database. Each family is a kind of noise, memory, trend, rhythm, reading or damage, or a pair of them. \
      Writes area,family,measure,value,count,bound,holds with a row for each figure: the share of series with a false \
      statement, the share of planted facts that are found, the coverage of intervals. A share holds its bound when it \
      lies beyond it by no more than 2.6 standard errors. The exit status is 1 when a bound is not held.
      """)

  /// The statements that are held against the truth.
  enum Area: String, CaseIterable, ExpressibleByArgument, Sendable {
    case changes, anomalies, effects, forecasts, correlations

    func rows(of family: SeriesFamily, _ sample: TruthSample) -> [TruthRow] {
      switch self {
      case .changes: ChangeTruth.rows(of: family, sample)
      case .anomalies: AnomalyTruth.rows(of: family, sample)
      case .effects: EffectTruth.rows(of: family, sample)
      case .forecasts: ForecastTruth.rows(of: family, sample)
      case .correlations: CorrelationTruth.rows(of: family, sample)
      }
    }
  }

  @Option(help: "Only this area; may be repeated.") var area: [Area] = []
  @Option(help: "Only this family; may be repeated.") var family: [String] = []
  @Option(help: "Series of each family and measure.") var series = 40
  @Option(help: "Of the first series.") var seed: UInt64 = 1
  @Option(help: "Threads; at most the cores of this machine. Default: all cores.") var threads: Int?
  @Flag(help: "Only figures that do not hold their bound.") var failures = false

  package init() {}

  package func validate() throws {
    guard (1...100_000).contains(series) else { throw ValidationError("--series: 1 to 100000.") }
    if let threads, threads < 1 { throw ValidationError("--threads must be at least 1.") }
    let known = SeriesFamily.all.map(\.name)
    if let unknown = family.first(where: { !known.contains($0) }) {
      throw ValidationError("There is no family \(unknown); there are \(known.joined(separator: ", ")).")
    }
  }

  package func run() async throws {
    let sample = TruthSample(series: series, seed: seed)
    let areas = area.isEmpty ? Area.allCases : area
    let families = SeriesFamily.all.filter { family.isEmpty || family.contains($0.name) }
    let work = areas.flatMap { area in families.map { (area, $0) } }
    let rows = await InOrder.map(work, threads: threads) { area, family in area.rows(of: family, sample) }
    var writer = try OutputFile(path: nil)
    try writer.write("area,family,measure,value,count,bound,holds\n")
    var broken = 0
    for row in rows.joined() {
      broken += row.holds ? 0 : 1
      guard !failures || !row.holds else { continue }
      let bound =
        switch row.bound {
        case .atMost(let most): "at most \(most)"
        case .atLeast(let least): "at least \(least)"
        case .none: ""
        }
      let value = (row.value * 10_000).rounded() / 10_000
      try writer.write(
        "\(row.area),\(CSVLine.quoted(row.family)),\(CSVLine.quoted(row.measure)),\(value),\(row.count),\(bound),"
          + "\(row.holds ? "yes" : "NO")\n")
    }
    try writer.finish()
    if broken > 0 { throw ExitCode(1) }
  }
}
