import FoundationEssentials

/// One stretch of time for which an intervention acted on a twin: from a product's start to its stop, or from a repair on.
public struct InterventionUse: Sendable, Hashable {
  /// The kind of intervention.
  public let intervention: Intervention
  /// The thing used or done, such as the product's id; the event's name when nothing is named.
  public let factor: String
  /// When it began; nil = it was there before anything was recorded.
  public let start: Date?
  /// When it ended; nil = it still acts.
  public let end: Date?
  /// Whether it has a beginning and an end, as the use of a product has; false: it happened at one instant.
  public let isLasting: Bool

  /// The uses that a twin's events tell of, by start (unknown ones first), event and factor.
  ///
  /// A start while in use already, and a stop of what is not in use any more, say nothing new; a stop of what never
  /// started ends a use that was there before. A stop and a start at one instant end one use and begin another.
  /// - Parameter events: by time.
  public static func uses(_ events: [TwinEvent], domain: Domain) -> [InterventionUse] {
    var tracks: [Key: Track] = [:]
    var instants: [InterventionUse] = []
    for event in events {
      for (number, intervention) in domain.interventions.enumerated() {
        let factor = name(of: event, intervention)
        let key = Key(intervention: number, factor: factor)
        switch event.type {
        case intervention.started: tracks[key, default: Track()].begin(event.occurredAt)
        case intervention.stopped: tracks[key, default: Track()].stop(event.occurredAt)
        case intervention.event:
          instants.append(
            InterventionUse(
              intervention: intervention, factor: factor, start: event.occurredAt, end: nil, isLasting: false))
        default: continue
        }
      }
    }
    let lasting = tracks.flatMap { key, track in
      track.stretches.map {
        InterventionUse(
          intervention: domain.interventions[key.intervention], factor: key.factor, start: $0.start, end: $0.end,
          isLasting: true)
      }
    }
    return (lasting + instants).sorted { one, other in
      let (left, right) = (one.start ?? .distantPast, other.start ?? .distantPast)
      if left != right { return left < right }
      if one.intervention.event != other.intervention.event {
        return one.intervention.event.utf8.lexicographicallyPrecedes(other.intervention.event.utf8)
      }
      return one.factor.utf8.lexicographicallyPrecedes(other.factor.utf8)
    }
  }

  private static func name(of event: TwinEvent, _ intervention: Intervention) -> String {
    event.factor.isEmpty ? intervention.event : spelling(event.factor)
  }

  /// A factor's name as uses have it: an id in PostgreSQL's spelling, whatever its source's; other names as they are.
  public static func spelling(_ factor: String) -> String {
    UUID(uuidString: factor)?.uuidString.lowercased() ?? factor
  }

  private struct Key: Hashable {
    let intervention: Int
    let factor: String
  }

  /// The stretches of one factor. At one instant starts come before stops.
  private struct Track {
    private(set) var stretches: [(start: Date?, end: Date?)] = []
    /// The last start that came while in use.
    private var restart: Date?

    mutating func begin(_ date: Date) {
      if let last = stretches.last, last.end == nil { restart = date } else { stretches.append((date, nil)) }
    }

    mutating func stop(_ date: Date) {
      guard let last = stretches.last else {
        stretches.append((nil, date))
        return
      }
      guard last.end == nil else { return }
      stretches.removeLast()
      // A use that stops as it starts never acted.
      if last.start != date { stretches.append((last.start, date)) }
      if restart == date { stretches.append((date, nil)) }
    }
  }
}
