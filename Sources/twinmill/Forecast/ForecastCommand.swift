import ArgumentParser
import CSV
import Forecasting
import FoundationEssentials

/// `twinmill forecast`: forecasts the series of a file, without a database.
struct ForecastCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forecast",
    abstract: "Forecast the series of a CSV file, without a database.",
    discussion: """
      FILE is plain or gzip'd CSV (- is standard input):
        long  id,timestamp,value   one row an observation, the rows of a series together
        wide  id,v1,v2,...         one row a series; an empty field is a missing value
        m4    id,freq,season,horizon,split,values...   only train rows are read

      Writes CSV: id,step,mean and lo95,hi95 for each level, in the order of the input. The result does not depend on
      the number of threads. With --backtest, writes instead how the forecasts of the past fared: step,count,smape,mase and
      cover95 for each level, a row for each step and one for all. Exit status 65 when the file is wrong or a series cannot be forecast.
      """)

  @Argument(help: "The file to read; - is standard input.")
  var file: String

  @Option(help: "Steps to forecast (m4 files say it themselves).")
  var horizon: Int?

  @Option(
    help:
      "Seasonal periods in steps, such as 24,168; 1 is no season. Default: by the interval of long files, none for wide."
  )
  var season: String?

  @Option(help: "Coverage of the intervals in percent, such as 95 or 80,95.")
  var level: String = "95"

  @Option(help: "Threads; at most the cores of this machine. Default: all cores.")
  var threads: Int?

  @Option(help: "Layout of the file: auto, long, wide or m4.")
  var format: SeriesFile.Format = .auto

  @Option(help: "What to forecast with: pool, ets, dotm, theta, ces, ar or snaive.")
  var method: ForecastMethod = .pool

  @Option(
    help: "Forecast so many last stretches of each series, each from what came before, and write errors and coverage.")
  var backtest: Int?

  @Flag(help: "Draw each series with its forecast for the terminal instead of writing CSV.")
  var plot = false

  @Option(help: "A folder for one SVG drawing of each series, beside the CSV; it must be there.")
  var svg: String?

  @Option(help: "The file to write; default is standard output.")
  var output: String?

  /// Series in one unit of work: enough to make handing over cheap, few enough to balance.
  private static let batchSize = 16

  func validate() throws {
    if let horizon, !(1...Forecaster.maximumHorizon).contains(horizon) {
      throw ValidationError("--horizon must be between 1 and \(Forecaster.maximumHorizon).")
    }
    if let backtest, !(1...1_000).contains(backtest) { throw ValidationError("--backtest must be between 1 and 1000.") }
    if backtest != nil, plot || svg != nil {
      throw ValidationError("--backtest has nothing to draw; leave --plot and --svg out.")
    }
    if let threads, threads < 1 { throw ValidationError("--threads must be at least 1.") }
    _ = try seasons()
    _ = try levels()
  }

  func run() async throws {
    do {
      let failures = try await forecastFile()
      if failures > 0 { throw ExitCode(65) }
    } catch let error as SeriesFileError {
      complain("\(error)")
      throw ExitCode(65)
    }
  }

  /// Returns the number of series that could not be forecast.
  private func forecastFile() async throws -> Int {
    let levels = try levels()
    let seasons = try seasons()
    var input = try SeriesFile(path: file, format: format)
    if input.format != .m4, horizon == nil {
      throw SeriesFileError(file: file, problem: "does not say how far to forecast", remedy: "give --horizon")
    }
    var writer = try ForecastWriter(path: output)
    let header =
      backtest == nil
      ? "id,step,mean" + levels.map { ",lo\($0.name),hi\($0.name)" }.joined()
      : "step,count,smape,mase" + levels.map { ",cover\($0.name)" }.joined()
    if !plot { try writer.write(header + "\n") }
    let width = min(threads ?? .max, ProcessInfo.processInfo.activeProcessorCount)
    let shares = levels.map(\.share)
    var progress = Progress()
    var failures = 0
    var table = BacktestTable(levels: shares)

    try await withThrowingTaskGroup(of: (Int, [Line]).self) { group in
      var waiting: [Int: [Line]] = [:]
      var read = 0
      var written = 0
      var running = 0
      var isAtEnd = false
      while true {
        // Reading ahead is bounded: a slow series holds the reader back, not the memory.
        while !isAtEnd, running < width, read - written < 4 * width {
          var batch: [FileSeries] = []
          while batch.count < Self.batchSize, let series = try input.next() { batch.append(series) }
          if batch.isEmpty {
            isAtEnd = true
            break
          }
          let number = read
          read += 1
          running += 1
          let work = batch
          group.addTask { (number, work.map { line($0, seasons: seasons, shares: shares) }) }
        }
        guard let (number, lines) = try await group.next() else { break }
        running -= 1
        waiting[number] = lines
        while let lines = waiting.removeValue(forKey: written) {
          written += 1
          for line in lines {
            switch line {
            case .text(let text): try writer.write(text)
            case .backtest(let backtest): table.add(backtest)
            case .failure(let message):
              failures += 1
              complain(message)
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

  /// What one series gives.
  private enum Line: Sendable {
    case text(String)
    case backtest(Backtest)
    case failure(String)
  }

  private func line(_ series: FileSeries, seasons: [Int]?, shares: [Double]) -> Line {
    let forecaster = Forecaster(season: seasons ?? series.seasons ?? [], method: method)
    let horizon = horizon ?? series.horizon ?? 1
    do {
      if let backtest {
        return .backtest(
          try forecaster.backtest(series.values, horizon: horizon, levels: shares, origins: backtest))
      }
      let forecast = try forecaster.forecast(series.values, horizon: horizon, levels: shares)
      let chart = plot || svg != nil ? FanChart(title: series.id, history: series.values, forecast: forecast) : nil
      if let svg, let chart {
        var drawing = try ForecastWriter(path: Self.path(of: series, in: svg))
        try drawing.write(chart.svg())
        try drawing.finish()
      }
      if plot, let chart { return .text(chart.text() + "\n") }
      let id = CSVLine.quoted(series.id)
      var text = ""
      for step in forecast.mean.indices {
        text += "\(id),\(step + 1),\(forecast.mean[step])"
        for share in shares {
          if let interval = forecast.interval(level: share) {
            text += ",\(interval.lower[step]),\(interval.upper[step])"
          } else {
            text += ",,"
          }
        }
        text += "\n"
      }
      return .text(text)
    } catch {
      return .failure("\(file):\(series.line): series \"\(series.id)\": \(error)")
    }
  }

  /// `ID.svg`; characters that no file name should hold become `_`, and the line is added to keep names apart.
  static func path(of series: FileSeries, in folder: String) -> String {
    let isPlain =
      series.id.utf8.count <= 100
      && series.id.utf8.allSatisfy { byte in
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 45 || byte == 95
      }
    if isPlain { return "\(folder)/\(series.id).svg" }
    let name = series.id.unicodeScalars.prefix(60).map {
      $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0)) ? Character($0) : "_"
    }
    return "\(folder)/\(String(name))_\(series.line).svg"
  }

  private static func text(_ step: String, _ row: BacktestTable.Row) -> String {
    ([step, "\(row.count)"]
      + ([row.symmetricPercentageError, row.scaledError] + row.coverage).map { $0.isNaN ? "" : "\($0)" })
      .joined(separator: ",") + "\n"
  }

  private func complain(_ message: String) {
    StandardError.write("twinmill: \(message)\n")
  }

  private func seasons() throws -> [Int]? {
    guard let season else { return nil }
    return try season.split(separator: ",", omittingEmptySubsequences: false).map {
      guard let period = Int($0), (1...1_000_000).contains(period) else {
        throw ValidationError("--season takes whole numbers from 1, separated by commas, not \"\($0)\".")
      }
      return period
    }
  }

  private func levels() throws -> [(name: String, share: Double)] {
    try level.split(separator: ",", omittingEmptySubsequences: false).map {
      guard let percent = Double($0), percent > 0, percent < 100 else {
        throw ValidationError("--level takes percentages between 0 and 100, separated by commas, not \"\($0)\".")
      }
      return (String($0), percent / 100)
    }
  }
}

extension SeriesFile.Format: ExpressibleByArgument {}

extension ForecastMethod: ExpressibleByArgument {}
