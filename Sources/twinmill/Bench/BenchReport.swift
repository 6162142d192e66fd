import FoundationEssentials
import Glibc
import Postgres
import Queue

/// What a run prints: where it ran, and one member for each measurement.
struct BenchReport: Encodable {
  let machine: Machine
  let server: Server
  let workers: Workers
  let sizes: Sizes
  var drain: DrainMeasurement.Figures?
  var enqueue: EnqueueMeasurement.Figures?
  var latency: LatencyMeasurement.Figures?
  var snapshot: SnapshotMeasurement.Figures?
  var steady: SteadyMeasurement.Figures?
  var depth: DepthMeasurement.Figures?
  var recovery: RecoveryMeasurement.Figures?
  var kills: KillsMeasurement.Figures?
  var limits: LimitsMeasurement.Figures?
  var footprint: FootprintMeasurement.Figures?
  var wal: WALMeasurement.Figures?

  struct Machine: Encodable {
    let program = "twinmill \(BuildInfo.version)"
    let build: String
    let cores: Int
    /// Of the last minute, before the run: above 0.2 or so, somebody else was at work.
    let loadAverage: String
    let startedAt: String
  }

  struct Server: Encodable {
    let version: String
    let isPrivate: Bool
    let settings: [String: String]
  }

  struct Workers: Encodable {
    let batchLimit: Int
    let concurrency: Int
    let heartbeatSeconds: Double
    let leaseSeconds: Double
    let pollSeconds: Double
  }

  struct Sizes: Encodable {
    let jobs: Int
    let seconds: Double
    let rounds: Int
  }

  // MARK: - Measure

  /// Runs the measurements one after another.
  static func measure(
    _ measurements: [BenchMeasurement], _ sizes: BenchSizes, _ stage: BenchStage
  ) async throws -> BenchReport {
    var report = BenchReport(
      machine: machine(), server: try await server(stage),
      workers: Workers(
        batchLimit: stage.batchLimit, concurrency: stage.worker.concurrency,
        heartbeatSeconds: stage.worker.heartbeat.seconds, leaseSeconds: stage.worker.lease.seconds,
        pollSeconds: stage.worker.poll.seconds),
      sizes: Sizes(jobs: sizes.jobs, seconds: sizes.seconds, rounds: sizes.rounds))
    for measurement in measurements {
      stage.say("\(measurement.rawValue) …")
      let seconds = try await ContinuousClock.seconds { try await report.run(measurement, sizes, stage) }
      stage.say("\(measurement.rawValue) done in \(seconds.rounded(to: 1)) s")
    }
    return report
  }

  private mutating func run(_ measurement: BenchMeasurement, _ sizes: BenchSizes, _ stage: BenchStage) async throws {
    switch measurement {
    case .drain: drain = try await DrainMeasurement(stage: stage, sizes: sizes).run()
    case .enqueue: enqueue = try await EnqueueMeasurement(stage: stage, sizes: sizes).run()
    case .latency: latency = try await LatencyMeasurement(stage: stage, sizes: sizes).run()
    case .snapshot: snapshot = try await SnapshotMeasurement(stage: stage, sizes: sizes).run()
    case .steady: steady = try await SteadyMeasurement(stage: stage, sizes: sizes).run()
    case .depth: depth = try await DepthMeasurement(stage: stage, sizes: sizes).run()
    case .recovery: recovery = try await RecoveryMeasurement(stage: stage, sizes: sizes).run()
    case .kills: kills = try await KillsMeasurement(stage: stage, sizes: sizes).run()
    case .limits: limits = try await LimitsMeasurement(stage: stage, sizes: sizes).run()
    case .footprint: footprint = try await FootprintMeasurement(stage: stage, sizes: sizes).run()
    case .wal: wal = try await WALMeasurement(stage: stage, sizes: sizes).run()
    }
  }

  // MARK: - Where

  static func machine() -> Machine {
    #if DEBUG
      let build = "debug"
    #else
      let build = "release"
    #endif
    let load = FileManager.default.contents(atPath: "/proc/loadavg").map { String(decoding: $0, as: UTF8.self) } ?? ""
    return Machine(
      build: build, cores: sysconf(Int32(_SC_NPROCESSORS_ONLN)), loadAverage: String(load.prefix { $0 != " " }),
      startedAt: Date().formatted(.iso8601))
  }

  private static let settings = Statement("bench_settings", Embedded.Bench.Statements.bench_settings)

  private static func server(_ stage: BenchStage) async throws -> Server {
    try await stage.withConnection { connection in
      let version: String = try await connection.query("SHOW server_version")[0].decode(String.self)
      var values: [String: String] = [:]
      for row in try await connection.query(settings()) {
        let (name, value) = try row.decode(String.self, String.self)
        values[name] = value
      }
      return Server(version: version, isPrivate: stage.isPrivate, settings: values)
    }
  }

  // MARK: - Print

  /// Members by name, in snake case.
  static func json(_ report: BenchReport) throws -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(report), as: UTF8.self)
  }
}
