import ArgumentParser
import Files
import Forecasting

/// `twinmill forecast`: forecasts the series of a file without a database, or the metrics of a twin without a job.
struct ForecastCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forecast",
    abstract: "Forecast the series of a CSV file, without a database, or the metrics of a twin, without a job.",
    discussion: """
      FILE is plain or gzip'd CSV; - is standard input. It has one of these forms:

        long  id,timestamp,value                       a row for each observation
        wide  id,v1,v2,...                             a row for each series
        m4    id,freq,season,horizon,split,values...   only train rows are read

      In the long form the rows of a series stand together. An empty field is a missing value.

      --twin takes the history from the database instead (DATABASE_URL), as a prediction job reads it, and writes \
      nothing there. Horizon, seasons and range are those of the twin's domain; its events are covariates.

      Writes CSV: id,step,mean and, for each level, lo95,hi95, in the order of the input. The result does not depend \
      on the number of threads. --backtest writes how forecasts of the past fared: step,count,smape,mase and cover95 \
      for each level, with a row for each step and one for all. --sums writes \
      id,steps,sum,lo95,hi95,mean,meanlo95,meanhi95.

      Drawings have an axis of time, or of sample numbers where times are unknown; a mark where the history ends; and \
      a legend of the intervals. --plot is as wide as the terminal, and in ASCII where the locale is not UTF-8. The file \
      of a drawing is named after its series, with a number where two would have one name. A file that is there is \
      never replaced: its series counts as failed, but is in the CSV.

      The exit status is 65 when the file is wrong or a series cannot be forecast.
      """)

  @Argument(help: "The file to read; - is standard input.", completion: .file())
  var file: String?

  @Option(help: "A twin instead of a file: its id, or DOMAIN/SUBJECT, such as sensor/pump-7.")
  var twin: String?

  @Option(help: "Only this metric of the twin; may be repeated. Default: all.")
  var metric: [String] = []

  @Option(help: "Steps to forecast (m4 files and twins say it themselves).")
  var horizon: Int?

  @Option(
    help:
      "Seasonal periods in steps, such as 24,168; 1 is no season. Default: by the interval of long files and twins, none for wide."
  )
  var season: String?

  @Option(help: "Coverage of the intervals in percent, such as 95 or 80,95.")
  var level: String = "95"

  @Option(help: "Threads; at most the cores of this machine. Default: all cores.")
  var threads: Int?

  @Option(
    help:
      "A file of what acts on the series and is known ahead: id,covariate,v1,v2,..., a value for each sample and step; id * is every series. A twin's events count by themselves."
  )
  var covariates: String?

  @Option(help: "Layout of the file: auto, long, wide or m4.")
  var format: SeriesFile.Format = .auto

  @Option(help: "What to forecast with: pool, ets, dotm, theta, 4theta, ces, arima, mstl, ar or snaive.")
  var method: ForecastMethod = .pool

  @Option(
    help: "Forecast so many last stretches of each series, each from what came before, and write errors and coverage.")
  var backtest: Int?

  @Flag(
    help: "Write sums and means over the steps up to each, with their intervals; with --backtest, their errors.")
  var sums = false

  @Flag(help: "Draw each series with its forecast for the terminal instead of writing CSV.")
  var plot = false

  @Option(help: "A folder for one SVG drawing of each series, beside the CSV; it must be there.")
  var svg: String?

  @Option(
    help:
      "A folder for one PNG drawing of each series, beside the CSV; it must be there. Needs rsvg-convert (Debian: librsvg2-bin)."
  )
  var png: String?

  @Option(
    help: "Draw so many of the newest samples before the forecast. Default: six times the horizon, at least 60.")
  var history: Int?

  @Option(help: "The file to write; default is standard output.")
  var output: String?

  func validate() throws {
    if (file == nil) == (twin == nil) { throw ValidationError("Give either a file, or a twin with --twin.") }
    if twin == nil, !metric.isEmpty { throw ValidationError("--metric chooses among a twin's metrics; give --twin.") }
    if let horizon, !(1...Forecaster.maximumHorizon).contains(horizon) {
      throw ValidationError("--horizon must be between 1 and \(Forecaster.maximumHorizon).")
    }
    if let backtest, !(1...1_000).contains(backtest) { throw ValidationError("--backtest must be between 1 and 1000.") }
    if backtest != nil, plot || svg != nil || png != nil {
      throw ValidationError("--backtest has nothing to draw; leave --plot, --svg and --png out.")
    }
    if let history {
      if !plot, svg == nil, png == nil {
        throw ValidationError("--history is for drawings; give --plot, --svg or --png.")
      }
      if history < 1 { throw ValidationError("--history must be at least 1.") }
    }
    if sums, plot { throw ValidationError("--plot draws steps, not sums; leave one of them out.") }
    if let threads, threads < 1 { throw ValidationError("--threads must be at least 1.") }
    _ = try seasons()
    _ = try levels()
  }

  func run() async throws {
    do {
      let failures = try await forecast()
      if failures > 0 { throw ExitCode(65) }
    } catch let error as FileError {
      StandardError.write("twinmill: \(error)\n")
      throw ExitCode(65)
    }
  }

  /// Returns the number of series that could not be forecast.
  private func forecast() async throws -> Int {
    let known = try covariates.map { path throws(FileError) in try CovariateFile(path: path) }
    let run = ForecastRun(
      horizon: horizon, seasons: try seasons(), levels: try levels(), covariates: known, threads: threads,
      method: method,
      backtest: backtest, sums: sums, plots: plot,
      drawings: try Drawings(svg: svg, png: png), drawn: history, output: output)
    if let file {
      var source = try SeriesSource(path: file, format: format)
      if !source.saysHorizon, horizon == nil {
        throw FileError(file: file, problem: "does not say how far to forecast", remedy: "give --horizon")
      }
      return try await run.forecast(&source)
    }
    guard let reader = OfflineContext.twins else {
      throw CommandFailure("--twin: this program reads no database; forecast a file, or use twinmill forecast")
    }
    let (series, leftOut) = try await reader.series(of: twin ?? "", metrics: metric.isEmpty ? nil : metric)
    for (metric, reason) in leftOut { StandardError.write("twinmill: \(twin ?? ""): \(metric): \(reason)\n") }
    var source = SeriesSource(name: twin ?? "", series: series)
    return try await run.forecast(&source) + leftOut.count
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
