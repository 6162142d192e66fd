import Postgres
import Queue
import Synchronization
import Telemetry

/// A scan of lanes from the head of the index, beside the claims. A busy worker's claims must not wait for it: one job
/// in fifty would then be late by the whole scan.
final class HeadScan: Sendable {
  /// The lanes that are scanned.
  enum Part: Sendable {
    /// Few lanes, all of them.
    case lanes([Lane])
    /// Of many lanes, those after a lane.
    case after(Int32)
  }

  private let answer = Mutex<ClaimPlanner.Event?>(nil)

  /// Scans, as a child task of the claim loop. A scan that fails has seen nothing: the claims notice for themselves that
  /// the database is away.
  func run(_ part: Part, _ context: WorkerContext, kinds: [String]) async {
    let start = ContinuousClock.now
    var event: ClaimPlanner.Event
    do {
      event = try await Self.scan(part, context, kinds: kinds)
    } catch {
      context.logger.emit(.headScanFailed, [.error: "\(error)"])
      event =
        switch part {
        case .lanes: .headScanned([], took: .now - start)
        case .after: .lanesScanned(nil, took: .now - start)
        }
    }
    answer.withLock { $0 = event }
  }

  /// The scan's answer; nil: it goes on.
  func take() -> ClaimPlanner.Event? { answer.withLock { $0 } }

  /// Scans now.
  static func scan(
    _ part: Part, _ context: WorkerContext, kinds: [String]
  ) async throws(PostgresError) -> ClaimPlanner.Event {
    let start = ContinuousClock.now
    return try await context.onConnection { connection async throws(PostgresError) in
      switch part {
      case .lanes(let lanes):
        let heads = try await JobQueue.headScan(of: lanes, on: connection)
        return .headScanned(heads, took: .now - start)
      case .after(let lane):
        let scan = try await JobQueue.scanLanes(
          after: lane, queues: context.settings.queues, kinds: kinds, on: connection)
        return .lanesScanned(scan, took: .now - start)
      }
    }
  }
}
