import CSV
import Files
import Forecasting
import FoundationEssentials

/// Forecasts series after series on all cores, in the order of their source and in constant memory.
struct ForecastRun: Sendable {
  /// Steps; nil: each series has its own.
  let horizon: Int?
  /// Periods; nil: each series has its own.
  let seasons: [Int]?
  /// Levels with their names in the header.
  let levels: [(name: String, share: Double)]
  /// The covariates that act on the series of a file.
  let covariates: CovariateFile?
  let threads: Int?
  let method: ForecastMethod
  /// Stretches of the past to forecast instead of the future.
  let backtest: Int?
  /// Whether to write sums over the steps instead of the steps.
  let sums: Bool
  /// Whether to draw for the terminal instead of writing CSV.
  let plots: Bool
  /// Folder for drawings.
  let svg: String?
  let png: String?
  let output: String?

  /// Series in one unit of work: enough to make handing over cheap, few enough to balance.
  private static let batchSize = 16

  private var header: String {
    if backtest != nil { return "step,count,smape,mase" + levels.map { ",cover\($0.name)" }.joined() }
    let bounds = levels.map { ",lo\($0.name),hi\($0.name)" }.joined()
    if !sums { return "id,step,mean" + bounds }
    return "id,steps,sum" + bounds + ",mean" + levels.map { ",meanlo\($0.name),meanhi\($0.name)" }.joined()
  }

  /// Returns the number of series that could not be forecast.
  func forecast(_ source: inout SeriesSource) async throws -> Int {
    var writer = try OutputFile(path: output)
    if !plots { try writer.write(header + "\n") }
    let width = min(threads ?? .max, ProcessInfo.processInfo.activeProcessorCount)
    var progress = Progress()
    var failures = 0
    var table = BacktestTable(levels: levels.map(\.share))

    try await withThrowingTaskGroup(of: (Int, [Line]).self) { group in
      var waiting: [Int: [Line]] = [:]
      var read = 0
      var written = 0
      var running = 0
      var isAtEnd = false
      while true {
        // Reading ahead is bounded: a slow series holds the reader back, not the memory.
        while !isAtEnd, running < width, read - written < 4 * width {
          var batch: [(series: FileSeries, place: String)] = []
          while batch.count < Self.batchSize, let series = try source.next() {
            batch.append((series, source.place(of: series)))
          }
          if batch.isEmpty {
            isAtEnd = true
            break
          }
          let number = read
          read += 1
          running += 1
          let work = batch
          group.addTask { (number, work.map { line($0.series, place: $0.place) }) }
        }
        guard let (number, lines) = try await group.next() else { break }
        running -= 1
        waiting[number] = lines
        while let lines = waiting.removeValue(forKey: written) {
          written += 1
          for line in lines {
            switch line {
            case .text(let text): try writer.write(text)
            case .backtest(let backtest): table.add(backtest, sums: sums)
            case .failure(let message):
              failures += 1
              StandardError.write("twinmill: \(message)\n")
            }
          }
          progress.add(lines.count)
        }
      }
    }
    if backtest != nil {
      for (step, row) in table.steps.enumerated() { try writer.write(Self.text("\(step + 1)", row)) }
      try writer.write(Self.text("all", table.total))
    }
    try writer.finish()
    progress.finish()
    return failures
  }

  /// The result of one series.
  private enum Line: Sendable {
    case text(String)
    case backtest(Backtest)
    case failure(String)
  }

  private func line(_ series: FileSeries, place: String) -> Line {
    let forecaster = Forecaster(season: seasons ?? series.seasons ?? [], bounds: series.bounds, method: method)
    let horizon = horizon ?? series.horizon ?? 1
    let shares = levels.map(\.share)
    do {
      if let backtest {
        return .backtest(
          try forecaster.backtest(
            series.values, covariates: try known(series, steps: 0), horizon: horizon, levels: shares, origins: backtest)
        )
      }
      let forecast = try forecaster.forecast(
        series.values, covariates: try known(series, steps: horizon), horizon: horizon, levels: shares
      ).forecast
      if plots || svg != nil || png != nil {
        let chart = FanChart(title: series.id, history: series.values, forecast: forecast)
        try draw(chart, of: series)
        if plots { return .text(chart.text() + "\n") }
      }
      return .text(sums ? sumRows(series.id, forecast) : rows(series.id, forecast))
    } catch {
      return .failure("\(place): series \"\(series.id)\": \(error)")
    }
  }

  /// Covariates with a value for each sample and step.
  private func known(_ series: FileSeries, steps: Int) throws(ForecastingError) -> [Covariate] {
    let count = series.values.count + steps
    return try (series.covariates(steps) + (covariates?.covariates(of: series.id) ?? [])).map {
      covariate throws(ForecastingError) in
      guard covariate.values.count >= count else { throw .invalidCovariate(covariate.name) }
      return Covariate(name: covariate.name, values: Array(covariate.values[..<count]))
    }
  }

  private func rows(_ id: String, _ forecast: Forecast) -> String {
    let id = CSVLine.quoted(id)
    var text = ""
    for step in forecast.mean.indices {
      text += "\(id),\(step + 1),\(forecast.mean[step])"
      for level in levels {
        if let interval = forecast.interval(level: level.share) {
          text += ",\(interval.lower[step]),\(interval.upper[step])"
        } else {
          text += ",,"
        }
      }
      text += "\n"
    }
    return text
  }

  private func sumRows(_ id: String, _ forecast: Forecast) -> String {
    let id = CSVLine.quoted(id)
    let bounds = levels.map { forecast.sums(level: $0.share) }
    var total = 0.0
    var text = ""
    for step in forecast.mean.indices {
      total += forecast.mean[step]
      let count = Double(step + 1)
      func interval(_ divisor: Double) -> String {
        bounds.map { $0.map { ",\($0.lower[step] / divisor),\($0.upper[step] / divisor)" } ?? ",," }.joined()
      }
      text += "\(id),\(step + 1),\(total)" + interval(1) + ",\(total / count)" + interval(count) + "\n"
    }
    return text
  }

  private func draw(_ chart: FanChart, of series: FileSeries) throws(FileError) {
    if let svg {
      var drawing = try OutputFile(path: Self.path(of: series, in: svg, as: "svg"))
      try drawing.write(chart.svg())
      try drawing.finish()
    }
    if let png {
      let pixels = chart.pixels()
      var drawing = try OutputFile(path: Self.path(of: series, in: png, as: "png"))
      try drawing.write(PNG.file(width: pixels.width, height: pixels.height, rgb: pixels.bytes))
      try drawing.finish()
    }
  }

  /// `ID.svg`; characters that no file name should hold become `_`, and the line is added to keep names apart.
  static func path(of series: FileSeries, in folder: String, as type: String) -> String {
    let isPlain =
      series.id.utf8.count <= 100
      && series.id.utf8.allSatisfy { byte in
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 45 || byte == 95
      }
    if isPlain { return "\(folder)/\(series.id).\(type)" }
    let name = series.id.unicodeScalars.prefix(60).map {
      $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0)) ? Character($0) : "_"
    }
    return "\(folder)/\(String(name))_\(abs(series.line)).\(type)"
  }

  private static func text(_ step: String, _ row: BacktestTable.Row) -> String {
    ([step, "\(row.count)"]
      + ([row.symmetricPercentageError, row.scaledError] + row.coverage).map { $0.isNaN ? "" : "\($0)" })
      .joined(separator: ",") + "\n"
  }
}
