import Postgres
import Queue
import Synchronization

/// A look at the first ready jobs of lanes from the front, beside the claims: a busy worker's claims must not wait for
/// it, as one job in fifty would then be late by the whole look.
final class FrontsLook: Sendable {
  /// What a look told.
  struct Seen: Sendable {
    /// The first job of each line that nobody works on.
    var fronts: [(half: LaneHalf, first: Int64)] = []
    /// How long it took.
    var cost: Duration = .zero
  }

  private let seen = Mutex<Seen?>(nil)

  /// Begins to look. One that fails has seen nothing: the claims notice for themselves that the database is away.
  init(at lanes: [Lane], _ context: WorkerContext) {
    Task {
      var seen = Seen()
      do {
        seen = try await Self.seen(at: lanes, context)
      } catch {
        context.logger.debug("not looked from the front", metadata: ["error": "\(error)"])
      }
      self.seen.withLock { $0 = seen }
    }
  }

  /// What it told; nil: it goes on.
  func take() -> Seen? { seen.withLock { $0 } }

  /// Looks.
  static func seen(at lanes: [Lane], _ context: WorkerContext) async throws(PostgresError) -> Seen {
    let start = ContinuousClock.now
    let queue = context.queue
    let fronts = try await context.onConnection { connection async throws(PostgresError) in
      try await queue.fronts(of: lanes, on: connection)
    }
    return Seen(fronts: fronts, cost: .now - start)
  }
}
