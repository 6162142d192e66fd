import Glibc

/// Scores a stream of values row by row: how anomalous is this one, given all rows before it?
///
/// Each row is looked at in nine ways: the mean of the last 1, 4 and 12 values, plain and less what is usual at this
/// time of the day, and the standard deviation of the last 24, 48 and 96. Each way keeps its own history and says how
/// rare the row is in it (`TailSurprise`). Agreement of several ways counts: the surprises of the six means are
/// averaged, plain ones with double weight, because one way alone is often surprised by noise. The standard deviations,
/// averaged too, stand apart, so that a change of variance or a flat line is found while means stay; being alone they
/// must be ten times rarer. Then the surprise is discounted by how often the like has happened before
/// (`EpisodeRecurrence`), and an alarm silences the rows after it, so that one episode is one alarm.
///
/// A series that rises or falls along a line is looked at less that line as well, and the lesser surprise counts.
///
/// Nothing depends on the units of the values. Memory is bounded but for one number an episode; a row costs a few
/// microseconds.
///
/// Sources: peaks over threshold for streams (Siffer, Fouque, Termier, Largouët 2017, "Anomaly detection in streams
/// with extreme value theory"), combination by sum of log p (Fisher 1932); the formula of the score, recurrence and
/// silence are our own, chosen on half of the real files of the Numenta Anomaly Benchmark by leaving whole groups of
/// files out, and by what they find in the same files with noise or a trend added, rows dropped or averaged, square
/// roots taken, and time reversed: one standard deviation, of 48 values, does better on the files as they are (76.8
/// against 74.7 points) and worse on those (65.6 against 66.2 points, F1 .548 against .563).
public struct AnomalyScorer: Sendable {
  /// From this score on a row is an alarm.
  public static let defaultThreshold = 0.5

  /// So many values at the beginning have no score.
  public static let unscoredRows = TailSurprise.leastHistory

  /// Surprise that scores ½: about one chance in 45, after averaging and discount.
  static let middleSurprise = 1.65
  /// How many values each mean spans.
  static let spans = [1, 4, 12]
  /// Weight of plain means against seasonal ones.
  static let plainWeight = 2.0
  /// How many values each standard deviation spans.
  static let deviationSpans = [24, 48, 96]
  /// How much rarer standard deviations must be, as a surprise.
  static let deviationHandicap = 1.0
  /// Rows that an alarm silences at least …
  static let leastSilence = 60
  /// … and as a share of the rows so far.
  static let silenceShare = 0.06
  /// Surprise that a history of one row would take away; longer ones take it in proportion to 1 / rows. Chances in a short
  /// history are guesses, and guessed too small.
  static let shortHandicap = 120.0
  /// A row so much more surprising than the alarm is an alarm of its own.
  static let escalation = 2.0

  private let alarmSurprise: Double
  private var values = RecentValues(capacity: deviationSpans.max() ?? 0)
  private var residuals = RecentValues(capacity: 12)
  private var profile = SeasonalProfile()
  private var line = RunningLine()
  private var fromLine = RecentValues(capacity: 12)
  /// Histories of the means less the line; they begin when there is a line for the first time.
  private var lineal = [TailSurprise](repeating: TailSurprise(), count: spans.count)
  private var hasLine = false
  private var plain = [TailSurprise](repeating: TailSurprise(), count: spans.count)
  private var seasonal = [TailSurprise](repeating: TailSurprise(), count: spans.count)
  private var deviations = [TailSurprise](repeating: TailSurprise(), count: deviationSpans.count)
  private var recurrence = EpisodeRecurrence()
  private var greatest = 0.0
  private var row = 0
  private var silentUntil = -1
  private var alarmLevel = 0.0

  /// A scorer that has seen nothing.
  /// - Parameter threshold: score from which a row is an alarm and silences those after it, between 0 and 1 (both
  ///   excluded). Lower finds more and cries wolf more often; at the default, noise without any anomaly raises about
  ///   one alarm in 1,500 rows, more of them while the history is short.
  public init(threshold: Double = defaultThreshold) {
    precondition(threshold > 0 && threshold < 1, "the threshold lies between 0 and 1")
    alarmSurprise = -Self.middleSurprise * log2(1 - threshold)
  }

  /// The score of the next row, in [0, 1): 0 is usual. A missing value scores 0 and is not learned.
  ///
  /// The score is 1 − 2^(−S / 1.65) for a surprise S; in the silence after an alarm it is halved. The first 50 rows
  /// score 0. O(√n) for n rows so far, at most 20,000.
  /// - Parameter time: seconds since 1970; not used for anything but the time of the day. Rows come in the order of
  ///   time.
  /// - Parameter value: NaN = missing.
  public mutating func score(time: Double, value: Double) -> Double {
    guard value.isFinite, time.isFinite else { return 0 }
    let surprise = recurrence.next(
      surprise(time: time, value: value) - Self.shortHandicap / Double(row + 1), row: row)
    defer { row += 1 }
    let score = 1 - exp2(-max(0, surprise) / Self.middleSurprise)
    guard surprise >= alarmSurprise else { return score }
    if row <= silentUntil, surprise <= alarmLevel + Self.escalation { return score / 2 }
    alarmLevel = surprise
    silentUntil = row + max(Self.leastSilence, Int(Self.silenceShare * Double(row)))
    return score
  }

  /// The surprise of a row before recurrence.
  private mutating func surprise(time: Double, value: Double) -> Double {
    values.append(value)
    residuals.append(profile.residual(time: time, value: value))
    greatest = max(greatest, abs(value))
    fromLine.append(line.residual(value))
    let isLine = line.isLine
    hasLine = hasLine || isLine
    var total = 0.0
    for (i, span) in Self.spans.enumerated() {
      var surprise = plain[i].next(values.mean(ofLast: span))
      let seasonal = seasonal[i].next(residuals.mean(ofLast: span))
      total += seasonal
      // Where the series rises by itself the newest values are the greatest so far, and nothing is unusual.
      if hasLine {
        let beside = lineal[i].next(fromLine.mean(ofLast: span))
        if isLine {
          surprise = min(surprise, beside)
          total += min(seasonal, beside) - seasonal
        }
      }
      total += Self.plainWeight * surprise
    }
    let means = total / (Double(Self.spans.count) * (Self.plainWeight + 1))
    // Below a millionth of the greatest value a standard deviation is rounding.
    let floor = max(1e-6 * greatest, .leastNormalMagnitude)
    var spread = 0.0
    var known = 0.0
    for (i, span) in Self.deviationSpans.enumerated() {
      let surprise = deviations[i].next(values.logDeviation(ofLast: span, floor: floor))
      // Overlapping windows tell little: a longer one joins when its past holds two of its length.
      guard deviations[i].count > max(TailSurprise.leastHistory, 2 * span) else { continue }
      spread += surprise
      known += 1
    }
    return max(means, spread / max(known, 1) - Self.deviationHandicap)
  }
}
