import FoundationEssentials
import Queue
import Series
import Twins

/// Everything that rules look at: what is known of a twin at one time. Pure data.
package struct TwinEvidence: Sendable {
  package let domain: Domain
  /// The job that computes.
  package let job: JobID
  /// By name.
  package let metrics: [MetricEvidence]
  package let predictions: [PredictedMetric]
  package let relations: [Relation]
  package let effects: [InterventionEffect]
  /// Events of the twin, by time.
  package let events: [TwinEvent]
  /// The newest observation of any metric: the twin's own clock. Rules know no other.
  package let now: Date
  /// Episodes that are open: for what is open already, rules have a lower bar to stay than to begin.
  package let open: Set<EpisodeSubject>

  package func metric(_ name: String) -> MetricEvidence? { metrics.first { $0.metric.name == name } }

  package func isOpen(_ subject: EpisodeSubject) -> Bool { open.contains(subject) }

  /// Whether something else than an intervention may have moved a metric: a change of it, as likely as not to be there,
  /// 3 to 21 samples before the start or 11 to 21 after it. (An effect may take ten days to show.)
  package func isAmbiguous(_ intervention: InterventionEffect, metric name: String) -> Bool {
    guard let metric = metric(name), let start = intervention.start else { return false }
    return metric.changes.contains { change in
      let samples = metric.date(change.index).timeIntervalSince(start) / metric.step
      return (-21 ... -3).contains(samples) || (11...21).contains(samples)
    }
  }

  /// A word of the domain's wording.
  package func word(_ key: String, _ standard: String) -> Word { Word(domain.wording[key] ?? standard) }
}

/// The subject of an episode: with one subject, only one episode can be open.
package struct EpisodeSubject: Sendable, Hashable {
  /// The rule's name.
  package let rule: String
  /// The metric's name; empty when it is about none.
  package let metric: String
  /// The second thing that it is about, such as a product; empty when there is none.
  package let factor: String
  /// Which of several things a rule can say of it, such as `up`.
  package let aspect: String

  package init(_ rule: String, metric: String = "", factor: String = "", aspect: String = "") {
    self.rule = rule
    self.metric = metric
    self.factor = factor
    self.aspect = aspect
  }

  /// In one text; the parts may hold any character but are told apart by their lengths.
  package var text: String {
    [rule, metric, factor, aspect].map { "\($0.utf8.count):\($0)" }.joined(separator: "/")
  }
}
