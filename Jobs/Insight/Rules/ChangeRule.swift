import Analysis
import Detection
import FoundationEssentials
import Glibc
import Inference
import Numerics
import Twins

/// Changes of level or of scatter within the newest `change_samples`, as Detection's segmentation tells them.
///
/// A change is stated when it is there with a chance of at least 1 − 0.05 / m for m metrics looked at, with at least
/// seven values on either side, and when the mean of all values behind it (up to the next change) differs from the mean
/// before it by at least one standard deviation of the values around these means. Long memory looks like a change, and so
/// does a wild value that fades slowly; therefore both the interrupted time series of `EffectEstimator`, which weighs
/// trends, seasons and kinds of autocorrelation against it, and `HeavyTailedStep`, which weighs heavy tails, must give
/// p ≤ 0.005 / (m · change_samples): as many places as were looked at, and a tenth of the usual level, because neither
/// weighs everything.
///
/// Or, where means are alike, when the scatter is twice or half of what it was, by the standard deviation and by the
/// median absolute deviation, with 14 values on either side, and what is new from one value to the next is of another
/// size with p ≤ 0.05 / (m · change_samples) by ranks: values of long memory scatter little over a short stretch, and
/// heavy tails scatter by fits and starts, though nothing has changed. The latest change of a metric counts.
///
/// Severity: low; for a change to the worse medium from 2 standard deviations on, high from 4. Confidence: the chance.
struct ChangeRule: InsightRule {
  static let name = "change"

  /// Chance of a false change among all metrics that is accepted.
  static let doubt = 0.05
  /// The same for the step beside all else that may look like it.
  static let confirmedDoubt = 0.005
  /// Fewest values on either side.
  static let leastSide = 7
  /// Fewest values on either side of a change of scatter.
  static let leastScatterSide = 14
  /// Least difference of means, in standard deviations.
  static let leastStep = 1.0
  /// Least ratio of standard deviations.
  static let leastRatio = 2.0
  /// Steps to the worse from which severity is medium, and high.
  static let mediumStep = 2.0
  static let highStep = 4.0
  /// Samples apart within which a change is the same one, found anew.
  static let episodeSamples = 7.0

  func findings(in evidence: TwinEvidence) throws -> [Finding] {
    let bar = 1 - Self.doubt / Double(max(1, evidence.metrics.count))
    return evidence.metrics.compactMap { metric in
      let earliest = metric.count - evidence.domain.insights.changeSamples
      for change in metric.changes.indices.reversed()
      where metric.changes[change].index >= earliest && metric.changes[change].confidence >= bar {
        if let finding = finding(metric, change, evidence) { return finding }
      }
      return nil
    }
  }

  private func finding(_ metric: MetricEvidence, _ number: Int, _ evidence: TwinEvidence) -> Finding? {
    let change = metric.changes[number]
    let start = number > 0 ? metric.changes[number - 1].index : max(0, metric.count - MetricEvidence.changeSpan)
    let end = number + 1 < metric.changes.count ? metric.changes[number + 1].index : metric.count
    let before = Side(metric.present(start..<change.index))
    let after = Side(metric.present(change.index..<end))
    guard before.count >= Self.leastSide, after.count >= Self.leastSide else { return nil }
    let pooled =
      ((before.squares + after.squares) / Double(before.count + after.count - 2)).squareRoot()
    let step = after.mean - before.mean
    let relative = pooled > 0 ? abs(step) / pooled : .infinity
    let ratio = after.deviation / before.deviation
    // A level that the fit jumps to but the means do not show is a kink of a trend.
    if relative >= Self.leastStep, change.step * step > 0 {
      guard let p = Self.confirmation(metric, number, start..<end),
        p <= Self.confirmedDoubt / Double(evidence.metrics.count * evidence.domain.insights.changeSamples)
      else { return nil }
      return level(
        metric, change, before, after, relative: min(relative, 1e6), p: p, from: start, until: end, evidence)
    }
    guard ratio.isFinite, ratio > 0, max(ratio, 1 / ratio) >= Self.leastRatio, relative < Self.leastStep,
      min(before.count, after.count) >= Self.leastScatterSide, before.spread > 0, after.spread > 0,
      (after.spread / before.spread > Self.leastRatio) == (ratio > 1),
      max(after.spread / before.spread, before.spread / after.spread) >= Self.leastRatio,
      Self.chanceOfScatter(before.innovations, after.innovations)
        <= Self.doubt / Double(evidence.metrics.count * evidence.domain.insights.changeSamples)
    else { return nil }
    return scatter(metric, change, before, after, ratio: ratio, from: start, until: end, evidence)
  }

  /// The greater one of two p values of a step at a change, each of which knows what the other does not: of the
  /// interrupted time series over all of `changeSpan`, beside the other changes, which knows trends, seasons and
  /// measurement noise and has the most to tell the memory from; and of `HeavyTailedStep` over the two segments. nil
  /// where it cannot be told.
  private static func confirmation(_ metric: MetricEvidence, _ number: Int, _ range: Range<Int>) -> Double? {
    let index = metric.changes[number].index
    let season = metric.seasons.last { $0 < 24 } ?? 0
    let first = max(0, metric.count - MetricEvidence.changeSpan)
    let others = metric.changes.indices.filter { $0 != number }.map { metric.changes[$0].index - first }
    // Too little around a change is no error here: it is not stated.
    guard
      let estimate = try? EffectEstimator(season: season)
        .estimate(Array(metric.samples.values[first...]), start: index - first, others: others),
      let p = HeavyTailedStep.p(Array(metric.samples.values[range]), start: index - range.lowerBound)
    else { return nil }
    return max(estimate.p, p)
  }

  /// p of sizes of innovations as different as these by chance: the rank sum test (Mann and Whitney 1947, normal
  /// approximation), to which heavy tails are as good as any.
  private static func chanceOfScatter(_ before: [Double], _ after: [Double]) -> Double {
    let (n, m) = (Double(before.count), Double(after.count))
    guard n > 0, m > 0 else { return 1 }
    let sum = after.reduce(0.0) { sum, value in
      before.reduce(sum) { $0 + (abs($1) < abs(value) ? 1 : abs($1) == abs(value) ? 0.5 : 0) }
    }
    let z = (sum - 0.5 * n * m) / (n * m * (n + m + 1) / 12).squareRoot()
    return erfc(abs(z) / 2.0.squareRoot())
  }

  /// Values on one side of a change.
  private struct Side {
    let count: Int
    let mean: Double
    /// Sum of squares around the mean.
    let squares: Double
    /// Median absolute deviation.
    let spread: Double
    /// The new part of each value: what the autocorrelation of neighbours around the mean does not explain.
    let innovations: [Double]

    var deviation: Double { (squares / Double(max(1, count - 1))).squareRoot() }

    init(_ samples: [(index: Int, value: Double)]) {
      let values = samples.map(\.value)
      count = values.count
      let mean = values.reduce(0, +) / Double(max(1, values.count))
      self.mean = mean
      squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      let median = OrderStatistics.median(values, ofTwo: .upper) ?? 0
      spread = OrderStatistics.medianDeviation(values, from: median, ofTwo: .upper) ?? 0
      let pairs = zip(samples, samples.dropFirst()).filter { $1.index == $0.index + 1 }
        .map { ($0.value - mean, $1.value - mean) }
      let products = pairs.reduce(0) { $0 + $1.0 * $1.1 }
      let own = pairs.reduce(0) { $0 + $1.0 * $1.0 }
      innovations = pairs.map { $0.1 - (own > 0 ? products / own : 0) * $0.0 }
    }
  }

  private func level(
    _ metric: MetricEvidence, _ change: ChangePoint, _ before: Side, _ after: Side, relative: Double, p: Double,
    from: Int, until: Int, _ evidence: TwinEvidence
  ) -> Finding {
    let source = EvidenceSource(.detection, job: evidence.job, metric: metric.metric)
    let label = Word(metric.metric.label)
    let unit = Word(metric.metric.unit).afterBlank
    let rises = after.mean > before.mean
    let isWorse = metric.isBetter(from: before.mean, to: after.mean) == false
    let date = metric.date(change.index)
    let day = source.date("at", date, step: metric.step)
    let low = source.value("mean_before", before.mean, from: metric.date(from), until: metric.date(change.index - 1))
    let high = source.value("mean_after", after.mean, from: date, until: metric.date(until - 1))
    let verdict: Sentence =
      switch metric.isBetter(from: before.mean, to: after.mean) {
      case true?: " That is for the better."
      case false?: " That is for the worse."
      case nil: ""
      }
    return Finding(
      type: .change,
      subject: EpisodeSubject(Self.name, metric: metric.metric.name, aspect: rises ? "up" : "down"), onset: date,
      tolerance: Self.episodeSamples * metric.step,
      severity: !isWorse || relative < Self.mediumStep ? .low : relative < Self.highStep ? .medium : .high,
      confidence: change.confidence, size: relative,
      story: Story(
        title: "\(label.capitalised) changed around \(day): from \(low) to \(high)\(unit)",
        description: [
          """
          The mean of \(source.count("n_before", before.count)) values before is \(low)\(unit), that of \
          \(source.count("n_after", after.count)) values from then on \(high)\(unit).\(verdict)
          """
        ],
        source: source,
        unprinted: [
          source.pure("step_in_deviations", relative), source.pure("confidence", change.confidence),
          source.value("step", after.mean - before.mean), source.pure("p", p),
        ]), actions: [])
  }

  private func scatter(
    _ metric: MetricEvidence, _ change: ChangePoint, _ before: Side, _ after: Side, ratio: Double, from: Int,
    until: Int, _ evidence: TwinEvidence
  ) -> Finding {
    let source = EvidenceSource(.detection, job: evidence.job, metric: metric.metric)
    let label = Word(metric.metric.label)
    let unit = Word(metric.metric.unit).afterBlank
    let date = metric.date(change.index)
    let day = source.date("at", date, step: metric.step)
    let steadier = ratio < 1
    return Finding(
      type: .change,
      subject: EpisodeSubject(Self.name, metric: metric.metric.name, aspect: steadier ? "steadier" : "restless"),
      onset: date, tolerance: Self.episodeSamples * metric.step, severity: .low, confidence: change.confidence,
      size: abs(log2(ratio)),
      story: Story(
        title: "\(label.capitalised) has been \(Word(steadier ? "steadier" : "more restless")) since \(day)",
        description: [
          """
          The standard deviation was \
          \(source.value("deviation_before", before.deviation, from: metric.date(from), until: metric.date(change.index - 1)))\(unit) \
          over \(source.count("n_before", before.count)) values and is \
          \(source.value("deviation_after", after.deviation, from: date, until: metric.date(until - 1)))\(unit) \
          over the \(source.count("n_after", after.count)) values from then on.
          """
        ], source: source, unprinted: [source.pure("confidence", change.confidence), source.pure("ratio", ratio)]),
      actions: [])
  }
}
