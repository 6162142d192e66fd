import FoundationEssentials
import Postgres
import Simulation

/// A drain while somebody's transaction holds its snapshot, so that vacuum removes nothing.
struct SnapshotMeasurement: Measurement {
  static let name = "snapshot"
  static let summary = "drain while a transaction holds its snapshot, last tenth against first"

  let stage: BenchStage
  let sizes: BenchSizes

  struct Figures: Encodable {
    let method = """
      A REPEATABLE READ transaction takes its snapshot when the backlog is there and the worker is not, and holds it to \
      the end. Rates are by job_history.finished_at: the last tenth of the jobs to finish against the first (which \
      counts from the first claim). free is the same drain without the snapshot.
      """
    let jobs: Int
    let held: Profile
    let free: Profile
    let heldToFree: Double
  }

  struct Profile: Encodable {
    let perSecond: Double
    let firstTenthPerSecond: Double
    let lastTenthPerSecond: Double
    let lastToFirst: Double
    let tenthsPerSecond: [Double]

    init(_ drain: WorkerDrain.Outcome) {
      let profile = drain.profile
      perSecond = drain.rate.rounded(to: 0)
      firstTenthPerSecond = (profile.first ?? 0).rounded(to: 0)
      lastTenthPerSecond = (profile.last ?? 0).rounded(to: 0)
      lastToFirst = ((profile.last ?? 0) / max(profile.first ?? 1, 1e-9)).rounded(to: 3)
      tenthsPerSecond = profile.map { $0.rounded(to: 0) }
    }
  }

  func run() async throws -> Figures {
    let free = try await WorkerDrain(stage: stage).run(sizes.heldJobs)
    let holder = SnapshotHolder(stage: stage)
    let held = try await holder.release(after: {
      try await WorkerDrain(stage: stage).run(sizes.heldJobs, beforeStart: { _ in try await holder.hold() })
    })
    return Figures(
      jobs: sizes.heldJobs, held: Profile(held), free: Profile(free), heldToFree: (held.rate / free.rate).rounded(to: 3)
    )
  }
}

/// A transaction that does nothing but hold its snapshot.
actor SnapshotHolder {
  private let stage: BenchStage
  private var connection: Connection?

  init(stage: BenchStage) {
    self.stage = stage
  }

  /// Takes the snapshot.
  func hold() async throws {
    let connection = try await stage.connect(["idle_in_transaction_session_timeout": "0"])
    self.connection = connection
    _ = try await connection.script("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")
  }

  /// Ends it when `body` has ended.
  nonisolated func release<R>(after body: () async throws -> R) async throws -> R {
    do {
      let result = try await body()
      await release()
      return result
    } catch {
      await release()
      throw error
    }
  }

  private func release() async {
    await connection?.close()
    connection = nil
  }
}
