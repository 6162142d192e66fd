import Analysis
import FoundationEssentials
import Twins

/// Something that a rule would recommend.
struct Advice: Sendable {
  /// What it is about: with one subject only one recommendation can be open.
  let subject: EpisodeSubject
  /// The occasion: when it is another one, what was finished or ignored before was something else.
  let basis: String
  /// `product`, `lifestyle`, `operation` …
  let type: String
  /// 1 (most urgent) … 5.
  let priority: Int
  /// How sure and how large what it rests on is, in standard deviations or the like: more than one and a half times as
  /// much is clearly stronger.
  let strength: Double
  let story: Story
  let products: [Product]
  let actions: [String]
  let impact: Impact?

  /// A product that it is about.
  struct Product: Sendable, Hashable {
    let id: UUID
    let name: String
  }

  /// What is to be expected of a metric.
  struct Impact: Sendable, Hashable {
    let metric: Metric
    let mean: Double
    let lower: Double
    let upper: Double
    /// Days within which it is to be expected.
    let horizonDays: Double

    /// Writes it as `expected_impact`.
    func write(to json: inout JSONWriter) {
      json.object { json in
        json.member("metric", metric.name)
        json.member("label", metric.label)
        json.member("unit", metric.unit)
        json.member("mean", mean)
        json.member("lo95", lower)
        json.member("hi95", upper)
        json.member("horizon_days", horizonDays)
      }
    }
  }
}

/// A family of advice: evidence in, advice out.
protocol AdviceRule: Sendable {
  /// The rule's name in `metadata.rule`.
  static var name: String { get }

  /// What it advises.
  func advice(on evidence: TwinEvidence, insights: [OpenInsight]) -> [Advice]
}
