import Glibc

/// Discounts a surprise by how often the like has happened before.
///
/// The chance of one row says how rare it is among rows. A nightly backup is rare among rows and yet no news: what
/// counts is how many earlier episodes were about as surprising. With E of them the surprise loses log10(1 + E).
struct EpisodeRecurrence: Sendable {
  /// Surprise from which rows belong to an episode.
  static let least = 0.8
  /// Rows without surprise that end an episode.
  static let gap = 15
  /// An episode counts as equal when its peak is at most so much lower.
  static let slack = 0.3

  private var peaks = SortedHistory()
  private var current: Double?
  private var last = 0

  /// The discounted surprise of the next row.
  /// - Parameter row: its number, ascending.
  mutating func next(_ surprise: Double, row: Int) -> Double {
    if let peak = current, row - last > Self.gap {
      peaks.insert(peak)
      current = nil
    }
    guard surprise > Self.least else { return surprise }
    current = max(current ?? surprise, surprise)
    last = row
    return surprise - log10(1 + Double(peaks.count - peaks.count(below: surprise - Self.slack)))
  }
}
