import Analysis
import FoundationEssentials
import Twins

/// The episodes of a twin through time: what an evaluation found in, what is to be written out. Pure.
///
/// - A finding that matches an open episode (same subject, onsets within the finding's tolerance) updates it.
/// - The severity of an open episode changes only when two evaluations in a row agree on the new one.
/// - An open episode that two evaluations in a row do not see is resolved.
/// - An open episode whose place a stronger finding takes (`Precedence`) is superseded at once.
/// - A finding that matches a resolved or superseded episode reopens it; else a new one begins, if there is room.
/// - Room: at most `most_open` are open at once, and at most `most_new` begin within `period_days`. Those
///   that are open stay; new ones enter by rank; those of high severity enter always.
///
/// Rank: severity, then type (risk, data_quality, change, trend, anomaly, opportunity, milestone), then confidence,
/// then size.
struct EpisodeTracker: Sendable {
  /// Evaluations without it that end an episode.
  static let absencesToEnd = 2
  /// Samples after the last sight of a state within which it is the same one when it comes back.
  static let reopening = 14.0

  /// An episode as it is to be written.
  struct Entry: Sendable {
    var episode: Episode
    /// nil = not seen this time: title, text and evidence stay.
    let finding: Finding?
    /// From 1, among those that are open; nil when it is not.
    var rank: Int?
  }

  /// The episodes that this evaluation changes or confirms, open ones by rank, then those that ended.
  /// - Parameters:
  ///   - before: as stored, in any state.
  ///   - steps: seconds between samples, by metric.
  static func update(
    _ before: [Episode], with found: [Finding], twin: UUID, now: Date, steps: [String: TimeInterval],
    settings: InsightSettings
  ) -> [Entry] {
    func step(_ subject: EpisodeSubject) -> TimeInterval { steps[subject.metric] ?? 86_400 }
    let findings = found.enumerated().filter { number, finding in
      !found.enumerated().contains { other, stronger in
        other != number
          && Precedence.outranks(stronger, finding.subject, onset: finding.onset, step: step(finding.subject))
          // Of two that outrank each other the first stays.
          && !(other > number
            && Precedence.outranks(finding, stronger.subject, onset: stronger.onset, step: step(finding.subject)))
      }
    }.map(\.element).sorted(by: precedes)

    var entries: [Entry] = []
    var taken: Set<UUID> = []
    var new: [Finding] = []
    for finding in findings {
      let known = before.first {
        $0.state == .open && !taken.contains($0.id) && matches($0, finding, now, step(finding.subject))
      }
      guard let episode = known else {
        new.append(finding)
        continue
      }
      taken.insert(episode.id)
      entries.append(Entry(episode: updated(episode, finding, now), finding: finding))
    }
    for episode in before where episode.state == .open && !taken.contains(episode.id) {
      let stronger = findings.first {
        Precedence.outranks($0, episode.subject, onset: episode.onset, step: step(episode.subject))
      }
      entries.append(Entry(episode: unseen(episode, stronger, twin, now), finding: nil))
    }

    let since = now.addingTimeInterval(-86_400 * settings.periodDays)
    var open = entries.count { $0.episode.state == .open }
    var begun = (before + entries.map(\.episode)).reduce(into: Set<UUID>()) { begun, episode in
      if episode.firstSeen > since, episode.severity != .high { begun.insert(episode.id) }
    }.count
    for finding in new {
      let isUrgent = finding.severity == .high
      guard isUrgent || open < settings.mostOpen && begun < settings.mostNew else { continue }
      let former = before.filter { !taken.contains($0.id) && matches($0, finding, now, step(finding.subject)) }
        .max { ($0.lastSeen, $0.key) < ($1.lastSeen, $1.key) }
      var episode = Episode(twin: twin, finding, now: now)
      if let former {
        episode = former
        episode.state = .open
        episode.onset = finding.onset
        episode.severity = finding.severity
        episode.proposed = nil
        episode.absent = 0
        episode.lastSeen = now
        episode.reopened += 1
        episode.supersededBy = nil
      }
      // Two findings may not share a row: the more important one has it.
      guard taken.insert(episode.id).inserted else { continue }
      entries.append(Entry(episode: episode, finding: finding))
      open += 1
      if !isUrgent { begun += 1 }
    }
    return ranked(entries)
  }

  // MARK: - Steps

  /// - Parameter now: the twin's clock.
  private static func matches(_ episode: Episode, _ finding: Finding, _ now: Date, _ step: TimeInterval) -> Bool {
    guard episode.subject == finding.subject else { return false }
    if finding.tolerance.isFinite { return abs(finding.onset.timeIntervalSince(episode.onset)) <= finding.tolerance }
    // A state that comes back soon, or that began while it was last seen, is the same one.
    return episode.state == .open || finding.onset <= episode.lastSeen
      || now.timeIntervalSince(episode.lastSeen) <= reopening * step
  }

  private static func updated(_ episode: Episode, _ finding: Finding, _ now: Date) -> Episode {
    var episode = episode
    episode.absent = 0
    episode.lastSeen = max(now, episode.lastSeen)
    episode.onset = finding.onset
    if finding.severity == episode.severity {
      episode.proposed = nil
    } else if finding.severity == episode.proposed {
      episode.severity = finding.severity
      episode.proposed = nil
    } else {
      episode.proposed = finding.severity
    }
    return episode
  }

  private static func unseen(_ episode: Episode, _ stronger: Finding?, _ twin: UUID, _ now: Date) -> Episode {
    var episode = episode
    episode.absent += 1
    if let stronger {
      episode.state = .superseded
      episode.supersededBy = Episode(twin: twin, stronger, now: now).key
    } else if episode.absent >= absencesToEnd {
      episode.state = .resolved
    }
    return episode
  }

  private static func precedes(_ one: Finding, _ other: Finding) -> Bool {
    if one.severity != other.severity { return one.severity > other.severity }
    if one.type != other.type { return one.type.rank < other.type.rank }
    if one.confidence != other.confidence { return one.confidence > other.confidence }
    if one.size != other.size { return one.size > other.size }
    return one.subject.text < other.subject.text
  }

  /// Open ones first, by the same order (those not seen this time behind those seen), with numbers.
  private static func ranked(_ entries: [Entry]) -> [Entry] {
    var sorted = entries.sorted { one, other in
      let (left, right) = (one.episode, other.episode)
      if (left.state == .open) != (right.state == .open) { return left.state == .open }
      if left.severity != right.severity { return left.severity > right.severity }
      if (one.finding == nil) != (other.finding == nil) { return one.finding != nil }
      if left.type != right.type { return left.type.rank < right.type.rank }
      if let first = one.finding, let second = other.finding {
        if first.confidence != second.confidence { return first.confidence > second.confidence }
        if first.size != second.size { return first.size > second.size }
      }
      return left.key < right.key
    }
    for index in sorted.indices where sorted[index].episode.state == .open { sorted[index].rank = index + 1 }
    return sorted
  }
}
