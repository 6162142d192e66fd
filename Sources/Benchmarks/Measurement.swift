/// One figure, or one group of figures, that `twinmill bench queue` can measure. A new one is a file with a type of
/// these, and a line in `Measurements.all`.
package protocol Measurement: Sendable {
  /// Its name in `--only` and in the report.
  static var name: String { get }
  /// Its subject in a few words, for the help.
  static var summary: String { get }

  /// The figures that it prints.
  associatedtype Figures: Encodable

  /// - Parameters:
  ///   - stage: where it happens.
  ///   - sizes: how much of everything.
  init(stage: BenchStage, sizes: BenchSizes)

  /// Measures.
  func run() async throws -> Figures
}

/// All measurements, in the order of running.
package enum Measurements {
  package static let all: [any Measurement.Type] = [
    DrainMeasurement.self, EnqueueMeasurement.self, LatencyMeasurement.self, SnapshotMeasurement.self,
    SteadyMeasurement.self, DepthMeasurement.self, RecoveryMeasurement.self, KillsMeasurement.self,
    LimitsMeasurement.self, TenantsMeasurement.self, SchedulesMeasurement.self, FootprintMeasurement.self,
    WALMeasurement.self,
  ]

  /// Their names and what they measure.
  package static var descriptions: [(name: String, summary: String)] {
    all.map { measurement in (measurement.name, measurement.summary) }
  }

  /// nil: there is none of that name.
  package static func named(_ name: String) -> (any Measurement.Type)? {
    for measurement in all where measurement.name == name { return measurement }
    return nil
  }
}

/// How much of everything.
package struct BenchSizes: Sendable {
  /// Jobs of a drain.
  let jobs: Int
  /// Of steady load.
  let seconds: Double
  /// Of sides that take turns.
  let rounds: Int
  /// Workers killed by the measurement `kills`.
  let kills: Int
  /// Whether the bare statements run beside the drain.
  let comparesSQL: Bool

  package init(jobs: Int, seconds: Double, rounds: Int, kills: Int, comparesSQL: Bool) {
    self.jobs = jobs
    self.seconds = seconds
    self.rounds = rounds
    self.kills = kills
    self.comparesSQL = comparesSQL
  }

  var heldJobs: Int { jobs * 5 }
  var smallBacklog: Int { max(jobs / 20, 60) }
  var schedules: Int { max(jobs / 10, 50) }
  var largeBacklog: Int { jobs * 50 }
  var killJobs: Int { max(jobs / 40, 20) }
  var recoveryJobs: Int { max(jobs / 1000, 16) }
  /// Single calls are slow: each is a commit.
  var singleCalls: Int { max(jobs / 20, 20) }
  var latencySeconds: Double { seconds / 3 }
}
