import Analysis
import FoundationEssentials
import Twins

/// States that last: a metric beyond a threshold of the domain for as many observations in a row as it asks for, up to
/// the newest one.
///
/// Missing samples neither continue nor end a run. Of several thresholds on one side of a metric that hold the most
/// serious one counts, of equally serious ones the outermost. Severity: the threshold's. Confidence: 1, it was observed.
struct ThresholdRule: InsightRule {
  static let name = "threshold"

  func findings(in evidence: TwinEvidence) throws -> [Finding] {
    var best: [EpisodeSubject: (threshold: Threshold, run: Run)] = [:]
    for threshold in evidence.domain.thresholds {
      guard let metric = evidence.metric(threshold.metric), let run = Run(metric, beyond: threshold.bound),
        run.count >= threshold.observations
      else { continue }
      let subject = EpisodeSubject(Self.name, metric: threshold.metric, aspect: threshold.bound.side)
      if let other = best[subject]?.threshold, !threshold.outranks(other) { continue }
      best[subject] = (threshold, run)
    }
    return best.sorted { $0.key.text < $1.key.text }.compactMap { subject, found in
      evidence.metric(found.threshold.metric).map { finding(subject, found.threshold, found.run, $0, evidence) }
    }
  }

  private func finding(
    _ subject: EpisodeSubject, _ threshold: Threshold, _ run: Run, _ metric: MetricEvidence, _ evidence: TwinEvidence
  ) -> Finding {
    let source = EvidenceSource(.observation, job: evidence.job, metric: metric.metric)
    let label = Word(metric.metric.label)
    let unit = Word(metric.metric.unit).afterBlank
    let side = Word(threshold.bound.side)
    let bound = source.value("threshold", threshold.bound.value)
    let from = metric.date(run.first)
    let count = source.count("observations", run.count, from: from, until: metric.observedUntil)
    let newest = source.value("newest", run.newest, at: metric.date(run.last))
    let outermost = source.value("outermost", run.outermost, from: from, until: metric.observedUntil)
    return Finding(
      type: .risk, subject: subject, onset: from, tolerance: .infinity, severity: threshold.severity, confidence: 1,
      size: Double(run.count) / Double(threshold.observations),
      story: Story(
        title: run.count == 1
          ? "\(label.capitalised) is \(side) \(bound)\(unit)"
          : "\(label.capitalised) has been \(side) \(bound)\(unit) for \(count) observations in a row",
        description: [
          "Since \(source.date("from", from, step: metric.step)) every observation was \(side) \(bound)\(unit).",
          "The newest one is \(newest), the outermost \(outermost)\(unit).",
        ],
        source: source, unprinted: [source.count("observations_asked_for", threshold.observations)]),
      actions: [])
  }

  /// The newest samples in a row that are beyond a bound.
  struct Run {
    let first: Int
    let last: Int
    let count: Int
    let newest: Double
    let outermost: Double

    /// nil when the newest sample is not.
    init?(_ metric: MetricEvidence, beyond bound: Threshold.Bound) {
      let run = Array(metric.present(0..<metric.count).reversed().prefix { bound.isBeyond($0.value) })
      guard let newest = run.first, let oldest = run.last else { return nil }
      first = oldest.index
      last = newest.index
      count = run.count
      self.newest = newest.value
      outermost = run.map(\.value).max { bound.distance($0) < bound.distance($1) } ?? newest.value
    }
  }
}

extension Threshold {
  /// More serious, or as serious and further out.
  func outranks(_ other: Threshold) -> Bool {
    if severity != other.severity { return severity > other.severity }
    return bound.distance(other.bound.value) < 0
  }
}
