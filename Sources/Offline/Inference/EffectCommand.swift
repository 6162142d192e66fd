import ArgumentParser
import CSV
import Files
import FoundationEssentials
import Inference

/// `twinmill effect`: what interventions did to a metric, without a database.
struct EffectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "effect",
    abstract: "Estimate the effect of interventions on series of a CSV file, without a database.",
    discussion: """
      FILE is plain or gzip'd CSV; - is standard input. Its columns are series,day,y and any number of covariates \
      that the intervention does not change. The plan has the columns series,start,days: the intervention applies \
      from day start on and is evaluated up to day days of the series, exclusive. Days are whole numbers or dates; \
      an empty field is a missing value. A series with several interventions has several rows in the plan; they are \
      estimated together.

      Writes series,effect,lo,hi,p,sec in the order of the plan: the mean effect over the days from the start on, \
      its 95 % interval, twice the probability of the other sign, and the processor seconds of the estimate. If \
      there is not enough data, the numbers are empty, the reason is printed, and the exit status is 65.

      Method: interrupted time series by generalised least squares with AR(1) errors, perhaps under measurement \
      noise, over the values that are there (Jones 1980). Integrated over the AR coefficient by its restricted \
      likelihood (Harville 1974). Averaged over models with and without trend and season, and over the course of the \
      effect: level, slope, both, saturating ramps (Hoeting, Madigan, Raftery and Volinsky 1999).
      """)

  @Argument(help: "The file to read; - is standard input.")
  var file: String

  @Option(help: "The file that says when interventions started.")
  var plan: String

  @Option(help: "Days of the season; 0 is none.")
  var season = 7

  @Option(help: "Threads; at most the cores of this machine. Default: all cores.")
  var threads: Int?

  @Option(help: "The file to write; default is standard output.")
  var output: String?

  func validate() throws {
    guard (0...1_000).contains(season) else { throw ValidationError("--season must be between 0 and 1000.") }
    if let threads, threads < 1 { throw ValidationError("--threads must be at least 1.") }
    if file == "-", plan == "-" { throw ValidationError("FILE and --plan cannot both be standard input.") }
  }

  func run() async throws {
    let plan = try PlanFile(path: self.plan)
    let file = self.file
    let table = try PanelFile(path: file, head: ("series", "day")) { names throws(FileError) in
      guard let y = names.firstIndex(of: "y") else {
        throw FileError(
          file: file, line: 1, problem: "there is no column y", remedy: "name the columns series,day,y,…")
      }
      return [y] + names.indices.filter { $0 != y }
    }
    let questions = try questions(plan, table)
    let estimator = EffectEstimator(season: season)
    let answers = await InOrder.map(questions, threads: threads) { $0.answer(estimator) }
    var writer = try OutputFile(path: output)
    try writer.write("series,effect,lo,hi,p,sec\n")
    var failures = 0
    for (question, answer) in zip(questions, answers) {
      let seconds = answer.seconds
      let series = CSVLine.quoted(question.panel.key)
      switch answer.estimate {
      case .success(let estimate):
        try writer.write(
          "\(series),\(estimate.effect),\(estimate.lower),\(estimate.upper),\(estimate.p),\(seconds)\n")
      case .failure(let error):
        failures += 1
        try writer.write("\(series),,,,,\(seconds)\n")
        StandardError.write("twinmill: \(self.plan):\(question.line): series \"\(question.panel.key)\": \(error)\n")
      }
    }
    try writer.finish()
    if failures > 0 { throw ExitCode(65) }
  }

  private func questions(_ plan: PlanFile, _ table: PanelFile) throws(FileError) -> [EffectQuestion] {
    let panels = Dictionary(table.panels.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    let starts = Dictionary(grouping: plan.entries, by: \.series).mapValues { $0.map(\.start) }
    var questions: [EffectQuestion] = []
    for entry in plan.entries {
      guard let panel = panels[entry.series] else {
        throw FileError(
          file: self.plan, line: entry.line, column: 1, problem: "series \"\(entry.series)\" is not in \(file)",
          remedy: "correct its name, or leave the line out")
      }
      var others = starts[entry.series] ?? []
      if let own = others.firstIndex(of: entry.start) { others.remove(at: own) }
      questions.append(
        EffectQuestion(
          panel: panel, line: entry.line, start: entry.start - panel.firstDay, end: entry.end - panel.firstDay,
          others: others.map { $0 - panel.firstDay }))
    }
    return questions
  }
}
