import Synchronization

/// The recent use of the workers by tenant, so that the tenant that used least is served first.
///
/// Use is measured in worker-seconds of batches, those that still run included, and halves every minute. The database
/// reports the use on other workers once a second.
final class TenantShares: Sendable {
  private struct State {
    /// Seconds by tenant, of all workers, as the database reported them last.
    var reported: [String: Double] = [:]
    /// Seconds of ended batches here that the database does not know yet.
    var pending: [String: Double] = [:]
    var running: [UInt64: (tenant: String, since: ContinuousClock.Instant)] = [:]
    var next: UInt64 = 0
  }

  private let state = Mutex(State())

  /// A batch of a tenant begins.
  /// - Returns: the number that `ended` takes.
  func began(_ tenant: String, at now: ContinuousClock.Instant = .now) -> UInt64 {
    state.withLock { state in
      state.next += 1
      state.running[state.next] = (tenant, now)
      return state.next
    }
  }

  /// A batch has ended.
  func ended(_ batch: UInt64, at now: ContinuousClock.Instant = .now) {
    state.withLock { state in
      guard let (tenant, since) = state.running.removeValue(forKey: batch) else { return }
      state.pending[tenant, default: 0] += (now - since).seconds
    }
  }

  /// Takes the use since the last call, that of running batches included, for the database.
  func take(at now: ContinuousClock.Instant = .now) -> [String: Double] {
    state.withLock { state in
      charge(&state, at: now)
      defer { state.pending = [:] }
      return state.pending
    }
  }

  /// Keeps the database's answer to the use that was taken.
  func reported(_ used: [String: Double]) {
    state.withLock { $0.reported = used }
  }

  /// The database did not get the use that was taken.
  func giveBack(_ used: [String: Double]) {
    state.withLock { $0.pending.merge(used) { $0 + $1 } }
  }

  /// The place of each tenant in the order of service; those that used the same share a place.
  func ranks(of tenants: Set<String>, at now: ContinuousClock.Instant = .now) -> [String: Int] {
    guard tenants.count > 1 else { return [:] }
    let used = state.withLock { state in
      charge(&state, at: now)
      return Dictionary(
        uniqueKeysWithValues: tenants.map { ($0, (state.reported[$0] ?? 0) + (state.pending[$0] ?? 0)) })
    }
    var ranks: [String: Int] = [:]
    var rank = 0
    var last: Double?
    for (tenant, seconds) in used.sorted(by: { ($0.value, $0.key) < ($1.value, $1.key) }) {
      if let last, seconds > last { rank += 1 }
      last = seconds
      ranks[tenant] = rank
    }
    return ranks
  }

  /// Charges running batches for the time up to now.
  private func charge(_ state: inout State, at now: ContinuousClock.Instant) {
    for (batch, run) in state.running where run.since < now {
      state.pending[run.tenant, default: 0] += (now - run.since).seconds
      state.running[batch] = (run.tenant, now)
    }
  }
}
