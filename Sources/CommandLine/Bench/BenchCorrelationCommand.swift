import ArgumentParser
import FoundationEssentials
import Inference
import Numerics

/// `twinmill bench correlation`: seconds for the lagged correlations of all pairs.
struct BenchCorrelationCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "correlation",
    abstract: "Measure the lagged correlation of all pairs of series.",
    discussion: """
      Computes the correlations of all pairs at lags up to --max-lag in both directions; negative lags are the \
      transposes. The series are uniform noise from SplitMix64 with seed 1, one series after the other. Prints the \
      seconds of each repetition, from the samples to the finished matrices, and the sum of each lag's matrix as a \
      check. Tests/Benchmarks/all_pairs.py compares this with numpy.
      """)

  @Option(help: "Number of series.")
  var series = 256

  @Option(help: "Samples of each series.")
  var points = 1_440

  @Option(help: "Largest lag in samples.")
  var maxLag = 14

  @Option(help: "Threads. Default: all cores.")
  var threads: Int?

  @Option(help: "How often to measure.")
  var repeats = 5

  func validate() throws {
    guard series > 0, points > 1, repeats > 0 else {
      throw ValidationError("--series and --repeats must be at least 1, --points at least 2.")
    }
    guard (0..<points).contains(maxLag) else { throw ValidationError("--max-lag must be below --points.") }
    if let threads, threads < 1 { throw ValidationError("--threads must be at least 1.") }
  }

  func run() async throws {
    let threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
    var noise = SeededRandom(state: 1)
    let samples = (0..<(series * points)).map { _ in noise.uniform() }
    let clock = ContinuousClock()
    var seconds: [Double] = []
    var sums: [Double] = []
    for _ in 0..<repeats {
      let begin = clock.now
      let result = try await LaggedProducts.compute(samples, count: points, maximumLag: maxLag, threads: threads)
      seconds.append((clock.now - begin) / .seconds(1))
      let size = series * series
      sums = (0...maxLag).map { lag in result.values[(lag * size)..<((lag + 1) * size)].reduce(0, +) }
    }
    print(
      """
      {"series": \(series), "points": \(points), "max_lag": \(maxLag), "threads": \(threads), "seconds": \(seconds), \
      "sums": \(sums)}
      """)
  }
}
