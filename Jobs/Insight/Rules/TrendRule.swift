import Analysis
import Detection
import FoundationEssentials
import Twins

/// Trends: a metric that moves steadily one way.
///
/// A trend is stated when its slope differs from 0 with p ≤ 0.001 after Holm's correction (1979) for the metrics looked
/// at, and the move over the stretch is at least one standard deviation of what lies around the line. An open one stays
/// while p ≤ 0.05 uncorrected and the move is at least half as large. The interval is Detection's, which learns the
/// memory and the measurement noise from the history before the stretch; changes of level that were not found and waves
/// of the year are not among what it weighs, so the level is a fiftieth of the usual one. Without a history (20 samples)
/// nothing tells a trend from long memory: then the level is a tenth of that.
///
/// Severity: low; for a move to the worse medium from 2 standard deviations on, high from 4. Confidence: 1 − p/2 with
/// the corrected p, the chance of this direction.
struct TrendRule: InsightRule {
  static let name = "trend"

  /// Greatest corrected p value of a trend that begins.
  static let level = 0.001
  /// The same without a history to tell the memory from.
  static let levelWithoutHistory = 0.0001
  /// Greatest p value of a trend that stays.
  static let stayingLevel = 0.05
  /// Least move in standard deviations.
  static let leastMove = 1.0
  /// Moves to the worse from which severity is medium, and high.
  static let mediumMove = 2.0
  static let highMove = 4.0

  private struct Candidate {
    let evidence: MetricEvidence
    let window: TrendWindow
    let trend: Trend
    var corrected = 1.0

    /// The whole move, signed, and its share of what lies around the line.
    var move: Double { trend.slope * Double(window.values.count - 1) }
    var relativeMove: Double { deviation > 0 ? abs(move) / deviation : .infinity }

    /// Standard deviation around the line.
    var deviation: Double {
      let last = window.values.count - 1
      let squares = window.values.indices.reduce(0.0) { sum, i in
        guard !window.values[i].isNaN else { return sum }
        let rest = window.values[i] - (trend.end - trend.slope * Double(last - i))
        return sum + rest * rest
      }
      return (squares / Double(max(1, window.count - 2))).squareRoot()
    }
  }

  func findings(in evidence: TwinEvidence) throws -> [Finding] {
    var candidates: [Candidate] = []
    for metric in evidence.metrics {
      try Task.checkCancellation()
      guard let window = TrendWindow(metric, samples: evidence.domain.insights.trendSamples),
        Set(window.values.filter { !$0.isNaN }).count > 2, let trend = Trend(of: window.values, history: window.history)
      else { continue }
      candidates.append(Candidate(evidence: metric, window: window, trend: trend))
    }
    // Holm: the k-th smallest p times what is left, never below an earlier one.
    var least = 0.0
    for (rank, index) in candidates.indices.sorted(by: { (candidates[$0].trend.p, $0) < (candidates[$1].trend.p, $1) })
      .enumerated()
    {
      least = max(least, min(1, candidates[index].trend.p * Double(candidates.count - rank)))
      candidates[index].corrected = least
    }
    return candidates.compactMap { finding($0, tried: candidates.count, evidence) }
  }

  private func finding(_ candidate: Candidate, tried: Int, _ evidence: TwinEvidence) -> Finding? {
    let (trend, metric) = (candidate.trend, candidate.evidence.metric)
    let rises = trend.slope > 0
    let subject = EpisodeSubject(Self.name, metric: metric.name, aspect: rises ? "up" : "down")
    let stays = evidence.isOpen(subject) && trend.p <= Self.stayingLevel
    let isKnown = candidate.window.history.count { !$0.isNaN } >= Trend.leastHistory
    guard stays || candidate.corrected <= (isKnown ? Self.level : Self.levelWithoutHistory),
      candidate.relativeMove >= (stays ? Self.leastMove / 2 : Self.leastMove)
    else { return nil }

    let start = trend.end - candidate.move
    let better = candidate.evidence.isBetter(from: start, to: trend.end)
    let relative = candidate.relativeMove
    let severity: Threshold.Severity =
      better != false || relative < Self.mediumMove ? .low : relative < Self.highMove ? .medium : .high
    return Finding(
      type: .trend, subject: subject, onset: candidate.window.from, tolerance: .infinity, severity: severity,
      confidence: 1 - candidate.corrected / 2, size: min(relative, 1e6),
      story: story(candidate, better: better, start: start, tried: tried, evidence), actions: [])
  }

  private func story(
    _ candidate: Candidate, better: Bool?, start: Double, tried: Int, _ evidence: TwinEvidence
  ) -> Story {
    let (trend, window, metric) = (candidate.trend, candidate.window, candidate.evidence.metric)
    let source = EvidenceSource(.detection, job: evidence.job, metric: metric)
    let label = Word(metric.label)
    let unit = Word(metric.unit).afterBlank
    let direction = Word(trend.slope > 0 ? "rising" : "falling")
    let steps = Double(window.values.count - 1)
    let span = DateText.span(steps * window.step)
    let length = source.count("span", span.count, of: span.unit, from: window.from, until: window.until)
    let sign = trend.slope < 0 ? -1.0 : 1.0
    let move = source.value("change", abs(candidate.move), from: window.from, until: window.until)
    let verdict: Sentence =
      switch better {
      case true?: "is \(evidence.word("better", "improving"))"
      case false?: "is \(evidence.word("worse", "getting worse"))"
      case nil: "is \(direction)"
      }
    let ends = [trend.lower, trend.upper].map { sign * $0 * steps }.sorted()
    let low = source.value("change_lo95", ends[0])
    let high = source.value("change_hi95", ends[1])
    // Below this the tail of the distribution is no longer known.
    let p = source.pure("p", max(1e-6, candidate.corrected), digits: 2)
    let among: Sentence =
      tried > 1 ? "Corrected for the \(source.count("metrics_tried", tried)) metrics looked at, " : ""
    return Story(
      title: "\(label.capitalised) \(verdict): \(direction) by \(move)\(unit) in \(length) \(Word(span.unit))",
      description: [
        """
        Along a straight line \(label) went from \(source.value("start", start)) to \(source.value("end", trend.end))\(unit) \
        between \(source.date("from", window.from, step: window.step)) and \
        \(source.date("until", window.until, step: window.step)).
        """,
        "The \(source.level()) % interval of the move is \(low) to \(high)\(unit), which allows for values that resemble the ones before.",
        "\(among)p = \(p).",
      ],
      source: source,
      unprinted: [
        source.value("slope_per_step", trend.slope), source.pure("autocorrelation", trend.autocorrelation),
        source.count("n", window.count, from: window.from, until: window.until),
        source.pure("move_in_deviations", min(candidate.relativeMove, 1e6)), source.pure("p_uncorrected", trend.p),
      ])
  }
}
