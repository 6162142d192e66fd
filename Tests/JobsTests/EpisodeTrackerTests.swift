import FoundationEssentials
import Testing
import Twins

@testable import Analysis
@testable import Jobs

@Suite("Episodes of insights")
struct EpisodeTrackerTests {
  /// Plays a worker that evaluates a twin day by day: it evaluates, writes, and reads again.
  private struct Diary {
    var rows: [UUID: Episode] = [:]
    var settings = InsightSettings()

    @discardableResult
    mutating func evaluate(_ day: Int, _ findings: [Finding]) -> [EpisodeTracker.Entry] {
      let entries = EpisodeTracker.update(
        rows.values.sorted { $0.key < $1.key }, with: findings, twin: SimulatedTwin.id, now: SimulatedTwin.date(day),
        steps: [:], settings: settings)
      for entry in entries {
        // As it would be read back.
        let lineage = Lineage(of: SimulatedTwin.job(), inputHash: "", domain: "skincare")
        let document = InsightMetadata(lineage: lineage, episode: entry.episode, rank: entry.rank)
        rows[entry.episode.id] = Episode(id: entry.episode.id, metadata: document.json)
      }
      return entries
    }

    var states: [Episode.State] { rows.values.sorted { $0.firstSeen < $1.firstSeen }.map(\.state) }
  }

  private static func finding(
    _ rule: String = "threshold", _ metric: String = "m", onset: Int = 10, severity: Threshold.Severity = .low,
    type: InsightType = .risk, aspect: String = "above", tolerance: TimeInterval = .infinity, confidence: Double = 1
  ) -> Finding {
    let source = EvidenceSource(.observation, job: 1)
    return Finding(
      type: type, subject: EpisodeSubject(rule, metric: metric, aspect: aspect), onset: SimulatedTwin.date(onset),
      tolerance: tolerance, severity: severity, confidence: confidence, size: 1,
      story: Story(title: "t", description: ["d"], source: source), actions: [])
  }

  @Test("thirty daily evaluations of one state are one insight; two without it resolve it; it comes back as itself")
  func life() {
    var diary = Diary()
    for day in 11..<41 { diary.evaluate(day, [Self.finding()]) }
    #expect(diary.states == [.open])
    #expect(diary.rows.values.first?.firstSeen == SimulatedTwin.date(11))
    #expect(diary.rows.values.first?.lastSeen == SimulatedTwin.date(40))
    diary.evaluate(41, [])
    #expect(diary.states == [.open], "one evaluation without it says nothing yet")
    diary.evaluate(42, [Self.finding()])
    diary.evaluate(43, [])
    #expect(diary.states == [.open])
    diary.evaluate(44, [])
    #expect(diary.states == [.resolved])
    diary.evaluate(50, [Self.finding(onset: 48)])
    #expect(diary.states == [.open] && diary.rows.values.first?.reopened == 1)
    for day in 51..<53 { diary.evaluate(day, []) }
    diary.evaluate(90, [Self.finding(onset: 88)])
    #expect(diary.states == [.resolved, .open], "long after, it is another one")
  }

  @Test("a severity changes when two evaluations in a row agree, and not by turns")
  func hysteresis() {
    var diary = Diary()
    func severity(_ day: Int, _ severity: Threshold.Severity) -> Threshold.Severity? {
      diary.evaluate(day, [Self.finding(severity: severity)])
      return diary.rows.values.first?.severity
    }
    #expect(severity(1, .low) == .low)
    #expect(severity(2, .medium) == .low)
    #expect(severity(3, .low) == .low)
    #expect(severity(4, .medium) == .low)
    #expect(severity(5, .high) == .low, "two changes that do not agree")
    #expect(severity(6, .high) == .high)
    #expect(severity(7, .low) == .high)
    #expect(severity(8, .low) == .low)
  }

  @Test("an onset may move a little from day to day; far away it is another episode")
  func onsets() {
    var diary = Diary()
    let week = 7 * 86_400.0
    func change(_ onset: Int) -> Finding {
      Self.finding("change", onset: onset, type: .change, aspect: "up", tolerance: week)
    }
    diary.evaluate(12, [change(10)])
    diary.evaluate(13, [change(8)])
    diary.evaluate(14, [change(13)])
    #expect(diary.states == [.open])
    diary.evaluate(40, [change(35)])
    diary.evaluate(41, [change(35)])
    #expect(diary.states == [.resolved, .open])
  }

  @Test("what is stronger takes the place of what it explains")
  func superseded() {
    var diary = Diary()
    diary.evaluate(1, [Self.finding("forecast", onset: 3)])
    diary.evaluate(3, [Self.finding("threshold", onset: 3, severity: .high)])
    #expect(diary.rows.count == 2)
    let forecast = diary.rows.values.first { $0.subject.rule == "forecast" }
    let threshold = diary.rows.values.first { $0.subject.rule == "threshold" }
    #expect(forecast?.state == .superseded && forecast?.supersededBy == threshold?.key)

    // In one evaluation the weaker one is not told at all; neither are the twin's other metrics concerned.
    var other = Diary()
    let stuck = Self.finding("data_quality", type: .dataQuality, aspect: "stuck")
    other.evaluate(
      1,
      [
        Self.finding("trend", type: .trend, aspect: "up"), stuck,
        Self.finding("trend", "n", type: .trend, aspect: "up"),
      ])
    #expect(Set(other.rows.values.map { $0.subject.rule + $0.subject.metric }) == ["data_qualitym", "trendn"])
  }

  @Test("no more are open than allowed, the most important first; high severity always enters; open ones stay")
  func caps() {
    var diary = Diary()
    diary.settings.mostOpen = 3
    diary.settings.mostNew = 2
    let low = (0..<6).map { Self.finding("relation", "m\($0)", type: .opportunity, confidence: Double($0) / 10) }
    diary.evaluate(1, low)
    #expect(Set(diary.rows.values.map(\.subject.metric)) == ["m5", "m4"])
    diary.evaluate(2, low + [Self.finding("threshold", "x", severity: .medium)])
    #expect(diary.rows.count == 2, "the period is full")
    diary.evaluate(3, low + [Self.finding("threshold", "y", severity: .high)])
    #expect(diary.rows.count == 3)
    let entries = diary.evaluate(20, low + [Self.finding("threshold", "y", severity: .high)])
    #expect(entries.map(\.episode.subject.metric) == ["y", "m5", "m4"] && entries.map(\.rank) == [1, 2, 3])
    diary.evaluate(21, low)
    diary.evaluate(22, low)
    diary.evaluate(23, low)
    #expect(diary.rows.values.filter { $0.state == .open }.count == 3, "a free place is taken by the next one")
  }

  @Test("hostile metadata is no episode")
  func hostile() {
    let id = UUID()
    let episode = EpisodeTracker.update(
      [], with: [Self.finding()], twin: id, now: SimulatedTwin.date(1), steps: [:], settings: InsightSettings())[0]
      .episode
    let lineage = Lineage(of: SimulatedTwin.job(), inputHash: "", domain: "skincare")
    let json = InsightMetadata(lineage: lineage, episode: episode, rank: nil).json
    #expect(Episode(id: episode.id, metadata: json) == episode)
    for (from, to) in [
      (#""insight""#, #""prediction""#), (#""open""#, #""shut""#), (#""absent":0"#, #""absent":-1"#),
      (#""absent":0"#, #""absent":1e99"#), (#""low""#, #""lowest""#), (#""onset":""#, #""onset":"x"#), ("{", "["),
    ] {
      #expect(json.contains(from))
      #expect(Episode(id: id, metadata: json.replacing(from, with: to)) == nil, "\(to)")
    }
    #expect(Episode(id: id, metadata: "") == nil)
  }
}
