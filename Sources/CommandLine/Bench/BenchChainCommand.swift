import ArgumentParser
import Benchmarks

/// `twinmill bench chain`: what the whole chain states about simulated twins, held against the truth.
struct BenchChainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chain",
    abstract: "Measure how much of what the chain states is true, and how much of the truth it finds.",
    discussion: """
      Simulates skincare twins of which everything is known and records them in the tables of an application: in a \
      private PostgreSQL, or in the database of DATABASE_URL. Calls twinmill.recompute for each twin and lets one \
      worker process of this program work until no job is left; then once more without new data. Prints one JSON \
      object; progress goes to standard error. With DATABASE_URL the twins (subjects bench-chain-0 …) are removed \
      again, unless --keep is given.

      The twins have nine metrics with autocorrelated noise (0 to 0.93 from day to day, some of it measurement \
      noise, 15 % heavy tails), weeks, waves of the year, missing days and values. Every fifth twin is quiet: there \
      is nothing to find. In the others, up to six pairs of factor and metric are tied at lags of 0 to 10 days \
      (correlation 0.1 to 0.6). Half of up to four products act on one or two metrics (0.3 to 2.5 standard \
      deviations, at once or over weeks). 12 % of the metrics have a trend. A quarter of the twins have a change of \
      regime on up to three metrics. There are spikes, stuck sensors and gaps. A change of regime may fall on the \
      start of a product that does nothing.

      A correlation is true if that factor acts on that metric with that sign, at that lag give or take a day.

      An effect is true if that product acts on that metric in that direction. It is undecidable, and counts neither \
      way, if a regime changed so close to the product's start that the oracle below could not tell them apart \
      (power below 0.8 at a level of 5 %).

      A change is true if one of these happens within 10 days, in the stated direction: a regime changes; a product \
      that acts starts or stops; a trend begins; or the expected path moves by half a standard deviation of the \
      noise from one fortnight to the next. What unfolds slowly counts later, by its time constant.

      A trend is true if the straight line through the expected path of these days goes there, by a quarter of a \
      standard deviation of the noise or more.

      An anomaly is true if within a day there is a spike, a change, a stuck sensor, or noise rarer than 1 in 1,000. \
      A finding of data quality is true if the sensor was stuck or nothing was recorded in a gap. An opportunity, \
      the risk of a cause, and a recommendation are true as the correlation or effect that they name.

      true_of_stated counts the decidable statements. How many are not decidable is printed beside it, and how many \
      of these would be false. Counted things (milestones, thresholds) and forecasts are not compared with the truth \
      of causes.

      A fact is findable if an oracle finds it with power 0.8 at a false discovery rate of 5 %. The oracle knows the \
      noise, and all causes but their sizes. It estimates the sizes with mean, week, trend and the use of all \
      products by generalised least squares. It counts every look of an observer that does not know lag or day: \
      signal-to-noise ratio >= z(1 - a/2) + 0.84, with a = 0.05 k / m for k true things among m. Changes, trends, \
      anomalies and stuck sensors are findable while they are news (60, 56, 14, 14 days). A findable fact is found \
      if a true statement is about it.
      """)

  @Option(help: "How many twins.") var twins = 1000
  @Option(help: "Days of the longest histories; others have two thirds or a third of it.") var days = 365
  @Option(help: "Of the simulation: the same seed, twins and days give the same data.") var seed: UInt64 = 1
  @Option(help: "A file for every statement and planted fact with its judgement, one JSON object a line.")
  var details: String?
  @Flag(help: "No database: what the modules say of the series, without the rules of the jobs.") var modules = false

  @Option(help: "Folder for files and, without DATABASE_URL, for the server (default: a new one in /var/tmp).")
  var folder: String?
  @Flag(help: "Leave the twins and what was computed of them in the database.") var keep = false
  @Flag(help: "Also when the queue is not empty or other workers are at work.") var force = false

  func validate() throws {
    guard (1...100_000).contains(twins) else { throw ValidationError("--twins: 1 to 100000.") }
    guard (60...1100).contains(days) else { throw ValidationError("--days: 60 to 1100.") }
  }

  func run() async throws {
    let bench = ChainBenchmark(twins: twins, days: days, seed: seed, details: details, keep: keep)
    if modules {
      print(try await bench.modules())
      return
    }
    let stage = try await BenchStage.open(try await .ofProgram(), folder: folder, serverSettings: [:], force: force)
    let result: Result<String, any Error>
    do {
      result = .success(try await bench.chain(on: stage))
    } catch {
      result = .failure(error)
    }
    await stage.close()
    print(try result.get())
  }
}
