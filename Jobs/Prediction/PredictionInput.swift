import Analysis
import FoundationEssentials
import Queue
import Series
import Twins

/// All that a prediction is computed from: the twin's usable observations and the job's arguments.
public struct PredictionInput: Sendable {
  let twin: UUID
  let domain: Domain
  let arguments: PredictionArguments
  /// By metric name, ascending; each with at least one observation.
  let series: [ObservedSeries<Metric>]
  /// Past and planned events of the twin.
  let events: EventCovariates
  /// Values that were there and could not be used: no numbers, or outside the metric's range.
  let skipped: Int
  let lastInputHash: String?
  /// The server's clock when the input was read.
  let readAt: Date

  /// Steps ahead.
  var horizon: Int { arguments.horizon ?? domain.horizon }

  /// Picks what the job asked for out of a twin's history.
  /// - Throws: a permanent `JobFailure` that names the twin, the domain and the remedy.
  init(_ resolved: ResolvedTwin, _ arguments: PredictionArguments) throws(JobFailure) {
    func never(_ message: String) -> JobFailure { JobFailure(message, isPermanent: true) }
    let (history, domain, subjectName) = (resolved.history, resolved.domain, resolved.name)
    // Factors are inputs, not judged: they are not predicted, and what is known of them changes nothing.
    let observed = history.observations.filter { !$0.values.isEmpty && domain.factor($0.metric) == nil }
    guard !observed.isEmpty else {
      throw never("\(subjectName) has no observations; record some, and it is predicted with the next sweep")
    }
    if let wanted = arguments.metrics {
      let unknown = Set(wanted).subtracting(observed.map(\.metric)).sorted()
      guard unknown.isEmpty else {
        throw never(
          "\(subjectName) has no observations of \(unknown.joined(separator: ", ")); "
            + "observed: \(observed.map(\.metric).joined(separator: ", "))")
      }
    }

    let newest = observed.compactMap(\.observedAt.last).max() ?? history.readAt
    let since = arguments.historyDays.map { newest.addingTimeInterval(-86_400 * Double($0)) } ?? .distantPast
    var series: [ObservedSeries<Metric>] = []
    var skipped = 0
    for one in observed where arguments.metrics?.contains(one.metric) ?? true {
      guard let metric = domain.metric(one.metric) else { continue }
      let usable = ObservedSeries(metric, one)
      skipped += one.skipped + usable.rejected.count
      if let kept = usable.after(since) { series.append(kept) }
    }
    guard !series.isEmpty else {
      throw never(
        "\(subjectName) has observations, but none is a number within its metric's range (\(skipped) skipped); "
          + "see the ranges in SELECT definition FROM twinmill.domains WHERE name = '\(domain.name)'")
    }

    twin = history.twin
    self.domain = domain
    self.arguments = arguments
    self.series = series
    events = EventCovariates(history.events, domain: domain)
    self.skipped = skipped
    lastInputHash = history.lastInputHash
    readAt = history.readAt
  }

  /// The metrics on their grids, as far as they have enough samples; the others, with the reason.
  func grids() -> (
    grids: [(series: ObservedSeries<Metric>, samples: RegularSeries)], leftOut: [(name: String, value: String)]
  ) {
    var grids: [(series: ObservedSeries<Metric>, samples: RegularSeries)] = []
    var leftOut: [(name: String, value: String)] = []
    for one in series {
      do {
        let samples = try one.samples(limit: domain.historyPoints)
        if samples.presentCount >= MetricForecast.fewestSamples {
          grids.append((one, samples))
        } else {
          let needed = "\(samples.presentCount) samples, \(MetricForecast.fewestSamples) are needed"
          leftOut.append((one.definition.name, needed))
        }
      } catch {
        leftOut.append((one.definition.name, error.description))
      }
    }
    return (grids, leftOut)
  }

  /// The hash of everything that the result depends on.
  func hash(of kind: KindDefinition) -> String {
    var hash = Fingerprint(of: kind, domain: domain)
    hash.combine(horizon)
    hash.combine(arguments.historyDays ?? 0)
    hash.combine(series.count)
    for one in series { hash.combine(one) }
    events.combine(into: &hash)
    return hash.hex
  }
}
