import FoundationEssentials
import Glibc
import Postgres
import Queue
import Simulation

/// The report of a run: the machine, and one member for each measurement.
package struct BenchReport: Encodable {
  let machine: Machine
  let server: Server
  let workers: Workers
  let sizes: Sizes
  /// By the measurement's name.
  private(set) var figures: [String: any Encodable] = [:]

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
  package static func measure(
    _ measurements: [any Measurement.Type], _ sizes: BenchSizes, _ stage: BenchStage
  ) async throws -> BenchReport {
    var report = BenchReport(
      machine: machine(), server: try await server(stage),
      workers: Workers(
        batchLimit: stage.batchLimit, concurrency: stage.worker.concurrency,
        heartbeatSeconds: stage.worker.heartbeat.seconds, leaseSeconds: stage.worker.lease.seconds,
        pollSeconds: stage.worker.poll.seconds),
      sizes: Sizes(jobs: sizes.jobs, seconds: sizes.seconds, rounds: sizes.rounds))
    for measurement in measurements {
      stage.say("\(measurement.name) …")
      let seconds = try await ContinuousClock.seconds {
        report.figures[measurement.name] = try await figures(of: measurement, sizes, stage)
      }
      stage.say("\(measurement.name) done in \(seconds.rounded(to: 1)) s")
    }
    return report
  }

  private static func figures(
    of measurement: (some Measurement).Type, _ sizes: BenchSizes, _ stage: BenchStage
  ) async throws -> any Encodable {
    try await measurement.init(stage: stage, sizes: sizes).run()
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

  private static let settings = Statement("bench_settings", Embedded.Statements.bench_settings)

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

  private struct Name: CodingKey {
    let stringValue: String
    let intValue: Int? = nil

    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { return nil }
  }

  package func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: Name.self)
    try members.encode(machine, forKey: Name("machine"))
    try members.encode(server, forKey: Name("server"))
    try members.encode(workers, forKey: Name("workers"))
    try members.encode(sizes, forKey: Name("sizes"))
    for (name, figures) in figures { try members.encode(figures, forKey: Name(name)) }
  }

  /// Members by name, in snake case.
  package static func json(_ report: BenchReport) throws -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(report), as: UTF8.self)
  }
}
