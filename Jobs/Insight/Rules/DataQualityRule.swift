import Analysis
import Detection
import FoundationEssentials
import Twins

/// Faults of measuring among the newest samples: gaps, stuck sensors, changes of unit, values out of range, and metrics
/// that are not observed any more while others are.
///
/// In a metric with a stuck sensor, another unit or values out of range, the fault is the likely cause of every other
/// finding: `Precedence` sets those aside. A gap counts when it is at least five samples long and three times as
/// long as nineteen of twenty gaps before it. A value that stays at an end of the metric's range is no stuck sensor: it
/// can go no further. Severity: low for gaps and single values out of range, medium else.
/// Confidence: what Detection's own bar leaves, 1 for what was simply counted.
struct DataQualityRule: InsightRule {
  static let name = "data_quality"

  /// Fewest samples of a gap that is told.
  static let leastGap = 5
  /// How much longer than usual it must be.
  static let longGap = 3
  /// Values out of range from which severity is medium.
  static let manyRejected = 3
  /// Samples apart within which faults of one kind are one episode.
  static let episodeSamples = 14.0

  func findings(in evidence: TwinEvidence) throws -> [Finding] {
    try evidence.metrics.flatMap { metric in
      try Task.checkCancellation()
      let span = max(0, metric.count - MetricEvidence.changeSpan)
      let newest = metric.count - evidence.domain.insights.recentSamples
      let values = Array(metric.samples.values[span...])
      let found = DataQuality.findings(in: values, changes: metric.changes.map { $0.index - span })
        .map { fault in
          var fault = fault
          fault.samples = (fault.samples.lowerBound + span)..<(fault.samples.upperBound + span)
          return fault
        }
      let faults = found.compactMap { fault -> Finding? in
        switch fault.kind {
        case .stuck(let value)
        where fault.samples.upperBound > newest && value != metric.metric.minimum && value != metric.metric.maximum:
          stuck(metric, fault.samples, value: value, evidence)
        case .unitChange(let change) where fault.samples.lowerBound >= newest:
          unitChange(metric, fault.samples, change, evidence)
        case .gap where fault.samples.upperBound > newest && Self.isUnusual(fault.samples, among: found):
          gap(metric, fault.samples, evidence)
        default: nil
        }
      }
      return faults + [outOfRange(metric, evidence), ended(metric, evidence)].compactMap { $0 }
    }
  }

  private static func isUnusual(_ gap: Range<Int>, among findings: [QualityFinding]) -> Bool {
    guard gap.count >= leastGap else { return false }
    let others = findings.filter { $0.kind == .gap && $0.samples.upperBound <= gap.lowerBound }.map(\.samples.count)
      .sorted()
    guard !others.isEmpty else { return true }
    return gap.count >= longGap * others[Int((0.95 * Double(others.count - 1)).rounded(.up))]
  }

  // MARK: - Findings

  private func stuck(_ metric: MetricEvidence, _ samples: Range<Int>, value: Double, _ evidence: TwinEvidence)
    -> Finding
  {
    let source = EvidenceSource(.detection, job: evidence.job, metric: metric.metric)
    let from = metric.date(samples.lowerBound)
    return finding(
      metric, "stuck", from, .medium, 0.999,
      Story(
        title: """
          \(Word(metric.metric.label).capitalised) read \
          \(source.value("value", value, from: from))\(Word(metric.metric.unit).afterBlank) \
          \(source.count("samples", samples.count)) times in a row
          """,
        description: [
          """
          Since \(source.date("from", from, step: metric.step)) the same value came again and again, in a series that \
          otherwise moves: a stuck sensor, or a value carried forward.
          """
        ], source: source))
  }

  private func unitChange(
    _ metric: MetricEvidence, _ samples: Range<Int>, _ change: UnitChange, _ evidence: TwinEvidence
  ) -> Finding {
    let source = EvidenceSource(.detection, job: evidence.job, metric: metric.metric)
    let from = metric.date(samples.lowerBound)
    return finding(
      metric, "unit", from, .medium, 0.95,
      Story(
        title: """
          \(Word(metric.metric.label).capitalised) looks as if its unit changed on \
          \(source.date("from", from, step: metric.step))
          """,
        description: [
          "Values since then are what they were before, converted from \(Word(change.name)): times \(source.pure("factor", change.factor)), plus \(source.pure("offset", change.offset))."
        ], source: source))
  }

  private func gap(_ metric: MetricEvidence, _ samples: Range<Int>, _ evidence: TwinEvidence) -> Finding {
    let source = EvidenceSource(.observation, job: evidence.job, metric: metric.metric)
    let from = metric.date(samples.lowerBound)
    let until = metric.date(samples.upperBound - 1)
    return finding(
      metric, "gap", from, .low, 1,
      Story(
        title:
          "\(Word(metric.metric.label).capitalised) was not observed for \(source.count("samples", samples.count, from: from, until: until)) samples in a row",
        description: [
          """
          Nothing was recorded from \(source.date("from", from, step: metric.step)) to \
          \(source.date("until", until, step: metric.step)); what is said of this time rests on what came before and \
          after.
          """
        ], source: source))
  }

  private func outOfRange(_ metric: MetricEvidence, _ evidence: TwinEvidence) -> Finding? {
    let since = metric.date(metric.count - evidence.domain.insights.recentSamples)
    let rejected = metric.rejected.filter { $0.at >= since }
    guard let first = rejected.first, let last = rejected.last else { return nil }
    let source = EvidenceSource(.observation, job: evidence.job, metric: metric.metric)
    let unit = Word(metric.metric.unit).afterBlank
    let bounds: [Sentence] = [
      metric.metric.minimum.map { "at least \(source.value("minimum", $0))\(unit)" },
      metric.metric.maximum.map { "at most \(source.value("maximum", $0))\(unit)" },
    ].compactMap { $0 }
    let valid = bounds.dropFirst().reduce(bounds.first ?? "finite") { "\($0) and \($1)" }
    let values: Sentence = rejected.count == 1 ? "value" : "values"
    return finding(
      metric, "out_of_range", first.at, rejected.count >= Self.manyRejected ? .medium : .low, 1,
      Story(
        title:
          "\(Word(metric.metric.label).capitalised): \(source.count("rejected", rejected.count, from: first.at, until: last.at)) \(values) out of range",
        description: [
          """
          The newest, of \(source.date("at", last.at, step: metric.step)), is \
          \(source.value("value", last.value, at: last.at))\(unit), where \(valid) is valid. Values out of range are \
          left out of everything that is computed.
          """
        ], source: source))
  }

  /// The metric's last sample lies far behind the twin's newest observation, by its own usual gaps.
  private func ended(_ metric: MetricEvidence, _ evidence: TwinEvidence) -> Finding? {
    let silent = Int((evidence.now.timeIntervalSince(metric.observedUntil) / metric.step).rounded(.down))
    let runs = DataQuality.gaps(in: metric.samples.values).map(\.samples.count).sorted()
    let usual = runs.isEmpty ? 0 : runs[Int((0.95 * Double(runs.count - 1)).rounded(.up))]
    // Told while it is news; a metric that ended long ago is none.
    guard silent >= max(Self.leastGap, Self.longGap * usual),
      silent <= 2 * max(evidence.domain.insights.recentSamples, Self.longGap * usual)
    else { return nil }
    let source = EvidenceSource(.observation, job: evidence.job, metric: metric.metric)
    return finding(
      metric, "ended", metric.observedUntil, .low, 1,
      Story(
        title:
          "\(Word(metric.metric.label).capitalised) has not been observed since \(source.date("newest", metric.observedUntil, step: metric.step))",
        description: [
          """
          Other metrics were observed up to \(source.date("newest_of_twin", evidence.now, step: metric.step)), \
          \(source.count("samples", silent)) samples later.
          """
        ], source: source))
  }

  private func finding(
    _ metric: MetricEvidence, _ aspect: String, _ onset: Date, _ severity: Threshold.Severity, _ confidence: Double,
    _ story: Story
  ) -> Finding {
    Finding(
      type: .dataQuality, subject: EpisodeSubject(Self.name, metric: metric.metric.name, aspect: aspect),
      onset: onset, tolerance: Self.episodeSamples * metric.step, severity: severity, confidence: confidence, size: 1,
      story: story, actions: [])
  }
}
