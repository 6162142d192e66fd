import Testing

@testable import Inference

@Suite("Lagged correlation of all pairs")
struct LaggedProductsTests {
  private static func samples(_ series: Int, _ count: Int) -> [Double] {
    var noise = SimulatedNoise(seed: UInt64(series * 1_000 + count))
    return (0..<series).flatMap { noise.autoregression(count, Double($0 % 3) * 0.4).map { 100 + 3 * $0 } }
  }

  /// The definition, pair by pair and sample by sample.
  private static func direct(_ samples: [Double], _ count: Int, _ i: Int, _ j: Int, _ lag: Int) -> Double {
    func centred(_ series: Int) -> [Double] {
      let values = samples[(series * count)..<((series + 1) * count)]
      let present = values.filter { !$0.isNaN }
      let mean = present.reduce(0, +) / Double(present.count)
      return values.map { $0.isNaN ? 0 : $0 - mean }
    }
    let (x, y) = (centred(i), centred(j))
    var sum = 0.0
    for t in 0..<(count - lag) { sum += x[t] * y[t + lag] }
    return sum / (x.reduce(0) { $0 + $1 * $1 } * y.reduce(0) { $0 + $1 * $1 }).squareRoot()
  }

  @Test(
    "the transforms give what the definition gives",
    arguments: [(3, 50, 0), (2, 10, 9), (5, 97, 14), (4, 400, 3), (3, 150, 60), (70, 120, 5), (1, 40, 14), (2, 2, 1)])
  func definition(series: Int, count: Int, lag: Int) async throws {
    let samples = Self.samples(series, count)
    let result = try await LaggedProducts.compute(samples, count: count, maximumLag: lag)
    var error = 0.0
    for i in 0..<series where i < 3 || i > 62 {
      for j in 0..<series where j < 3 || j > 62 {
        for lag in 0...lag {
          error = max(error, abs(result[i, j, lag: lag] - Self.direct(samples, count, i, j, lag)))
          #expect(result[i, j, lag: lag] == result[j, i, lag: -lag])
        }
      }
    }
    #expect(error < 1e-12)
  }

  @Test("the bits do not depend on the number of threads")
  func threads() async throws {
    let samples = Self.samples(130, 300)
    let one = try await LaggedProducts.compute(samples, count: 300, maximumLag: 14, threads: 1)
    for threads in [2, 7] {
      let other = try await LaggedProducts.compute(samples, count: 300, maximumLag: 14, threads: threads)
      #expect(other.values == one.values)
    }
  }

  @Test("missing samples count as the mean, and a constant series correlates with nothing")
  func missing() async throws {
    var samples = Self.samples(2, 60) + [Double](repeating: 0.1, count: 60)
    for t in [0, 7, 8, 59, 75] { samples[t] = .nan }
    let result = try await LaggedProducts.compute(samples, count: 60, maximumLag: 2)
    #expect(abs(result[0, 1, lag: 2] - Self.direct(samples, 60, 0, 1, 2)) < 1e-13)
    #expect(result[2, 0, lag: 1] == 0 && result[2, 2, lag: 0] == 0)
    #expect(abs(result[0, 0, lag: 0] - 1) < 1e-13)
  }

  @Test("what cannot be correlated is refused with the reason")
  func refusals() async {
    await #expect(throws: InferenceError.invalidLag(5)) {
      _ = try await LaggedProducts.compute([1, 2, 3, 4, 5], count: 5, maximumLag: 5)
    }
    await #expect(throws: InferenceError.unequalLengths(expected: 4, found: 1)) {
      _ = try await LaggedProducts.compute([1, 2, 3, 4, 5], count: 4, maximumLag: 1)
    }
    await #expect(throws: InferenceError.infiniteValue(series: 1, index: 0)) {
      _ = try await LaggedProducts.compute([1, 2, .infinity, 4], count: 2, maximumLag: 1)
    }
  }
}
