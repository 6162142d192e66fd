import Analysis
import FoundationEssentials
import Twins

/// Something that a rule would recommend.
struct Advice: Sendable {
  /// The subject: with one subject only one recommendation can be open.
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
  let products: [RecommendedProduct]
  let actions: [String]
  let impact: ExpectedImpact?
}

/// A family of advice: evidence in, advice out.
protocol AdviceRule: Sendable {
  /// The rule's name in `metadata.rule`.
  static var name: String { get }

  /// The advice of this rule.
  func advice(on evidence: TwinEvidence, insights: [OpenInsight]) -> [Advice]
}

extension PriorRecommendation {
  /// Advice that is given for the first time, or once more.
  init(twin: UUID, _ advice: Advice, number: Int) {
    self.init(
      twin: twin, subject: advice.subject, basis: advice.basis, number: number, priority: advice.priority,
      strength: advice.strength)
  }
}
