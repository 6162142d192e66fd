import Analysis
import FoundationEssentials
import Twins

/// Risks ahead: a prediction by which a metric comes to be beyond a threshold, for as many steps as the threshold asks.
///
/// A risk begins when there is a run of that many steps, each of which is beyond with a chance of at least 50 %, and
/// stays while there is one with 35 %. The chance comes from the prediction's 95 % interval; what is stated is the
/// least of the run. States that hold already are left to `ThresholdRule`.
///
/// Severity: the threshold's from 90 % on, one level less below. Confidence: the chance.
struct ForecastRule: InsightRule {
  static let name = "forecast"

  /// Least chance of a risk that begins.
  static let beginning = 0.5
  /// Least chance of a risk that stays.
  static let staying = 0.35
  /// Chance from which severity is the threshold's own.
  static let sure = 0.9

  private struct Risk {
    let threshold: Threshold
    let first: Int
    let chance: Double
    let severity: Threshold.Severity
  }

  func findings(in evidence: TwinEvidence) throws -> [Finding] {
    var best: [EpisodeSubject: Risk] = [:]
    for threshold in evidence.domain.thresholds {
      guard let prediction = evidence.predictions.first(where: { $0.metric == threshold.metric }),
        let metric = evidence.metric(threshold.metric), !holds(threshold, metric)
      else { continue }
      let subject = EpisodeSubject(Self.name, metric: threshold.metric, aspect: threshold.bound.side)
      let bar = evidence.isOpen(subject) ? Self.staying : Self.beginning
      guard let (first, chance) = Self.firstRun(prediction, threshold, bar: bar) else { continue }
      let severity = chance >= Self.sure ? threshold.severity : threshold.severity.lower
      let risk = Risk(threshold: threshold, first: first, chance: chance, severity: severity)
      if let other = best[subject],
        (other.severity.rank, other.chance) >= (severity.rank, chance)
      {
        continue
      }
      best[subject] = risk
    }
    return best.sorted { $0.key.text < $1.key.text }.compactMap { subject, risk in
      guard let metric = evidence.metric(subject.metric),
        let prediction = evidence.predictions.first(where: { $0.metric == subject.metric })
      else { return nil }
      return finding(subject, risk, prediction, metric, evidence)
    }
  }

  private func holds(_ threshold: Threshold, _ metric: MetricEvidence) -> Bool {
    ThresholdRule.Run(metric, beyond: threshold.bound).map { $0.count >= threshold.observations } ?? false
  }

  /// The earliest run of steps at the bar, and the least chance in it.
  private static func firstRun(
    _ prediction: PredictedMetric, _ threshold: Threshold, bar: Double
  ) -> (first: Int, chance: Double)? {
    var first = 0
    for step in prediction.dates.indices {
      guard prediction.chance(beyond: threshold.bound, step: step) >= bar else {
        first = step + 1
        continue
      }
      if step - first + 1 == threshold.observations {
        let chances = (first...step).map { prediction.chance(beyond: threshold.bound, step: $0) }
        return (first, chances.min() ?? 0)
      }
    }
    return nil
  }

  private func finding(
    _ subject: EpisodeSubject, _ risk: Risk, _ prediction: PredictedMetric, _ metric: MetricEvidence,
    _ evidence: TwinEvidence
  ) -> Finding {
    let source = EvidenceSource(.prediction, job: prediction.job, metric: metric.metric)
    let label = Word(metric.metric.label)
    let unit = Word(metric.metric.unit).afterBlank
    let side = Word(risk.threshold.bound.side)
    let bound = source.value("threshold", risk.threshold.bound.value)
    let onset = prediction.dates[risk.first]
    let date = source.date("from", onset, step: metric.step)
    let chance = source.percent("chance", risk.chance, at: onset)
    let steps = source.count("steps", risk.threshold.observations)
    let on: Sentence =
      risk.threshold.observations > 1 ? "on each of \(steps) steps in a row from then on" : "at that step"
    return Finding(
      type: .risk, subject: subject, onset: onset, tolerance: .infinity, severity: risk.severity,
      confidence: min(1, risk.chance), size: risk.chance,
      story: Story(
        title: "\(label.capitalised) is expected to be \(side) \(bound)\(unit) from \(date) on",
        description: [
          "The prediction gives a chance of at least \(chance) % \(on).",
          """
          For \(date) it expects \(source.value("mean", prediction.mean[risk.first], at: onset))\(unit), with a \
          \(source.level()) % interval from \(source.value("lo95", prediction.lower[risk.first], at: onset)) to \
          \(source.value("hi95", prediction.upper[risk.first], at: onset)).
          """,
        ], source: source),
      actions: [])
  }
}

extension Threshold.Severity {
  /// One level less; low stays low.
  var lower: Self { self == .high ? .medium : .low }
}
