import Postgres
import Queue
import Synchronization
import Telemetry

/// A scan of lanes from the head of the index, beside the claims. A busy worker's claims must not wait for it: one job
/// in fifty would then be late by the whole scan.
final class HeadScan: Sendable {
  /// The answer of a scan.
  struct Result: Sendable {
    /// The first job of each queue that nobody works on.
    var heads: [JobQueue.Head] = []
    /// How long the scan took.
    var took: Duration = .zero
  }

  private let result = Mutex<Result?>(nil)

  /// Scans, as a child task of the claim loop. A scan that fails has seen nothing: the claims notice for themselves that
  /// the database is away.
  func run(_ lanes: [Lane], _ context: WorkerContext) async {
    var result = Result()
    do {
      result = try await Self.scan(lanes, context)
    } catch {
      context.logger.emit(.headScanFailed, [.error: "\(error)"])
    }
    self.result.withLock { $0 = result }
  }

  /// The scan's answer; nil: it goes on.
  func take() -> Result? { result.withLock { $0 } }

  /// Scans now.
  static func scan(_ lanes: [Lane], _ context: WorkerContext) async throws(PostgresError) -> Result {
    let start = ContinuousClock.now
    let heads = try await context.onConnection { connection async throws(PostgresError) in
      try await JobQueue.headScan(of: lanes, on: connection)
    }
    return Result(heads: heads, took: .now - start)
  }
}
