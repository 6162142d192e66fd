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
  /// Folders for drawings.
  let drawings: Drawings
  /// Samples of the history to draw; nil: by the horizon.
  let drawn: Int?
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
    var names = DrawingNames()
    let subject = source.subject

    try await withThrowingTaskGroup(of: (Int, [Line]).self) { group in
      var waiting: [Int: [Line]] = [:]
      var read = 0
      var written = 0
      var running = 0
      var isAtEnd = false
      while true {
        // Reading ahead is bounded: a slow series holds the reader back, not the memory.
        while !isAtEnd, running < width, read - written < 4 * width {
          var batch: [Work] = []
          while batch.count < Self.batchSize, let series = try source.next() {
            let place = source.place(of: series)
            // Named in the order of the source, so that numbers do not depend on the threads.
            let file = drawings.isAsked ? names.name(subject: subject, metric: series.id) : nil
            if let file, file.isNumbered {
              StandardError.write(
                "twinmill: \(place): series \"\(series.id)\" is drawn in \(file.name), since another one has the name "
                  + "without a number\n")
            }
            batch.append(Work(series: series, subject: subject, place: place, drawing: file?.name))
          }
          if batch.isEmpty {
            isAtEnd = true
            break
          }
          let number = read
          read += 1
          running += 1
          let work = batch
          group.addTask { (number, work.map(line)) }
        }
        guard let (number, lines) = try await group.next() else { break }
        running -= 1
        waiting[number] = lines
        while let lines = waiting.removeValue(forKey: written) {
          written += 1
          for line in lines {
            switch line {
            case .text(let text, let complaint):
              try writer.write(text)
              if let complaint {
                failures += 1
                StandardError.write("twinmill: \(complaint)\n")
              }
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

  /// A series on its way.
  private struct Work: Sendable {
    let series: FileSeries
    let subject: String?
    let place: String
    /// The name of its drawing.
    let drawing: String?
  }

  /// The result of one series.
  private enum Line: Sendable {
    /// Rows or a plot, and the reason why there is no drawing.
    case text(String, complaint: String? = nil)
    case backtest(Backtest)
    case failure(String)
  }

  private func line(_ work: Work) -> Line {
    let series = work.series
    let forecaster = Forecaster(season: seasons ?? series.seasons ?? [], bounds: series.bounds, method: method)
    let horizon = horizon ?? series.horizon ?? 1
    let shares = levels.map(\.share)
    let forecast: Forecast
    do {
      if let backtest {
        return .backtest(
          try forecaster.backtest(
            series.values, covariates: try known(series, steps: 0), horizon: horizon, levels: shares, origins: backtest)
        )
      }
      forecast = try forecaster.forecast(
        series.values, covariates: try known(series, steps: horizon), horizon: horizon, levels: shares
      ).forecast
    } catch {
      return .failure("\(work.place): series \"\(series.id)\": \(error)")
    }
    let text = plots ? "" : sums ? sumRows(series.id, forecast) : rows(series.id, forecast)
    guard plots || drawings.isAsked else { return .text(text) }
    let chart = FanChart(
      title: [work.subject, series.id].compactMap(\.self).joined(separator: ": "), unit: series.unit,
      history: series.values, forecast: forecast, times: series.times, drawn: drawn)
    var complaint: String?
    if let drawing = work.drawing {
      // Without its drawing the forecast is still one.
      do { try drawings.write(chart, name: drawing) } catch { complaint = "series \"\(series.id)\": \(error)" }
    }
    guard plots else { return .text(text, complaint: complaint) }
    let plot = chart.text(width: Terminal.columns, characters: Terminal.isUTF8 ? .unicode : .ascii)
    return .text(plot + "\n", complaint: complaint)
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

  private static func text(_ step: String, _ row: BacktestTable.Row) -> String {
    ([step, "\(row.count)"]
      + ([row.symmetricPercentageError, row.scaledError] + row.coverage).map { $0.isNaN ? "" : "\($0)" })
      .joined(separator: ",") + "\n"
  }
}
