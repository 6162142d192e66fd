import FoundationEssentials
import Postgres

/// Measures the cost of limits when all of them are in use and none of them binds.
struct LimitsMeasurement: Measurement {
  static let name = "limits"
  static let summary = "drain with every limit in use, against plain"

  let stage: BenchStage
  let sizes: BenchSizes

  struct Figures: Encodable {
    let method = """
      One worker process drains jobs without tenants, keys and limits, and as many jobs of four tenants and a thousand \
      concurrency keys under every limit; sides take turns. The limits are so high that they never bind: the \
      difference is what counting costs.
      """
    let jobs: Int
    let limits: [String]
    let plain: RateFigures
    let limited: RateFigures
    let limitedToPlain: RatioFigures
  }

  private static let mix = Backlog.Mix(tenants: 4, keys: 1000)

  func run() async throws -> Figures {
    var plain: [Double] = []
    var limited: [Double] = []
    var limits: [String] = []
    for _ in 1...sizes.rounds {
      plain.append(try await WorkerDrain(stage: stage).run(sizes.jobs).rate)
      let outcome = try await WorkerDrain(stage: stage).run(sizes.jobs, Self.mix) { connection in
        limits = try await applyEveryLimit(on: connection)
      }
      limited.append(outcome.rate)
      try await stage.withConnection { try await removeEveryLimit(on: $0) }
    }
    return Figures(
      jobs: sizes.jobs, limits: limits, plain: RateFigures(plain), limited: RateFigures(limited),
      limitedToPlain: RatioFigures(limited, over: plain))
  }

  /// Puts every limit there is on the benchmark's queue.
  /// - Returns: what was set, in words.
  private func applyEveryLimit(on connection: Connection) async throws -> [String] {
    _ = try await connection.query(
      """
      SELECT twinmill.limit_queue(\(BenchStage.queue), running => 1000000, running_per_key => 1000000,
        rate => 1000000000)
      """)
    return ["running 1000000", "running_per_key 1000000 of 1000 keys", "rate 1000000000 a second", "4 tenants"]
  }

  /// Takes them away.
  private func removeEveryLimit(on connection: Connection) async throws {
    _ = try await connection.query("SELECT twinmill.limit_queue(\(BenchStage.queue))")
  }
}
