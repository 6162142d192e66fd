import Synchronization

/// The recent use of the workers by tenant, so that the tenant that used least is served first.
///
/// Use is measured in worker-seconds of batches, those that still run included, and halves every minute. The database
/// reports the use on other workers once a second. Of very many tenants, those that used next to nothing count as those
/// that used nothing: what is kept and told does not grow with them.
final class TenantShares: Sendable {
  /// A batch that runs, with each tenant's part of it.
  private struct Run {
    let parts: [String: Double]
    var since: ContinuousClock.Instant
  }

  private struct State {
    /// Seconds by tenant, of all workers, as the database reported them last.
    var reported: [String: Double] = [:]
    /// Seconds of ended batches here that the database does not know yet.
    var pending: [String: Double] = [:]
    /// Both together.
    var used: [String: Double] = [:]
    var running: [UInt64: Run] = [:]
    var next: UInt64 = 0
  }

  /// Up to so many tenants, each one's use is kept and told however small.
  private static let few = 200
  /// Seconds that count as nothing when there are more.
  private static let negligible = 0.001

  private let state = Mutex(State())

  /// A batch begins.
  /// - Parameter parts: what part of it is each tenant's; together 1.
  /// - Returns: the number that `ended` takes.
  func began(_ parts: [String: Double], at now: ContinuousClock.Instant = .now) -> UInt64 {
    state.withLock { state in
      state.next += 1
      state.running[state.next] = Run(parts: parts, since: now)
      return state.next
    }
  }

  /// A batch has ended.
  func ended(_ batch: UInt64, at now: ContinuousClock.Instant = .now) {
    state.withLock { state in
      guard let run = state.running.removeValue(forKey: batch) else { return }
      charge(run, to: &state, at: now)
    }
  }

  /// Takes the use since the last call, that of running batches included, for the database.
  func take(at now: ContinuousClock.Instant = .now) -> [String: Double] {
    state.withLock { state in
      chargeAll(&state, at: now)
      defer { state.pending = [:] }
      guard state.pending.count > Self.few else { return state.pending }
      return Dictionary(
        uniqueKeysWithValues: state.pending.filter { $0.value >= Self.negligible }
          .sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(Self.few).map { ($0.key, $0.value) })
    }
  }

  /// Keeps the database's answer to the use that was taken.
  func reported(_ used: [String: Double]) {
    state.withLock { state in
      state.reported = used
      state.used = used.merging(state.pending) { $0 + $1 }
      forgetNegligible(&state)
    }
  }

  /// The database did not get the use that was taken.
  func giveBack(_ used: [String: Double]) {
    state.withLock { $0.pending.merge(used) { $0 + $1 } }
  }

  /// The seconds that tenants used of late; one that is missing used nothing.
  func used(at now: ContinuousClock.Instant = .now) -> [String: Double] {
    state.withLock { state in
      chargeAll(&state, at: now)
      return state.used
    }
  }

  /// The place of each tenant in the order of service; those that used the same share a place.
  static func ranks(of tenants: Set<String>, used: [String: Double]) -> [String: Int] {
    guard tenants.count > 1 else { return [:] }
    var ranks: [String: Int] = [:]
    var rank = 0
    var last: Double?
    for (seconds, tenant) in tenants.map({ (used[$0] ?? 0, $0) }).sorted(by: <) {
      if let last, seconds > last { rank += 1 }
      last = seconds
      ranks[tenant] = rank
    }
    return ranks
  }

  /// Charges running batches for the time up to now. One of many tenants is charged when it ends.
  private func chargeAll(_ state: inout State, at now: ContinuousClock.Instant) {
    for (batch, run) in state.running where run.since < now && run.parts.count <= 8 {
      charge(run, to: &state, at: now)
      state.running[batch]?.since = now
    }
  }

  private func charge(_ run: Run, to state: inout State, at now: ContinuousClock.Instant) {
    let seconds = (now - run.since).seconds
    for (tenant, part) in run.parts {
      state.pending[tenant, default: 0] += seconds * part
      state.used[tenant, default: state.reported[tenant] ?? 0] += seconds * part
    }
    if state.used.count > 4 * Self.few { forgetNegligible(&state) }
  }

  private func forgetNegligible(_ state: inout State) {
    guard state.used.count > Self.few else { return }
    state.used = state.used.filter { $0.value >= Self.negligible }
  }
}
