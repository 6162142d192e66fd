/// How many statements were true, and how many of the things that could be found were.
package struct ChainScore: Sendable {
  /// Of one kind of statement. `planted` and what follows are missing where nothing of the kind is planted.
  package struct Kind: Encodable, Sendable {
    package let stated: Int
    /// Of those that are decidable.
    package let trueOfStated: Share
    /// Statements that nobody could know to be true or false; see `FactJudge`.
    package let undecidable: Int
    /// Reasons of false statements, by number.
    package let falseBecause: [String: Int]
    package let planted: Int?
    package let findable: Int?
    package let foundOfFindable: Share?
    package let foundOfPlanted: Share?
  }

  /// Over all kinds.
  package struct Overall: Encodable, Sendable {
    package let trueOfStated: Share
    package let foundOfFindable: Share
    /// Statements about twins in which nothing is to be found, gaps and rare days apart.
    package let falseAboutQuietTwins: Int
    /// Statements of a product's effect that nobody could know to be true or false: a regime changed too close to its
    /// start. They count neither way.
    package let undecidable: Int
    /// How many of these would be false.
    package let undecidableAndFalse: Int
    package let quietTwins: Int
  }

  /// A statement and what became of it.
  package struct Case: Sendable {
    package let fact: StatedFact
    package let judgement: Judgement
  }

  package let kinds: [String: Kind]
  package let overall: Overall
  package let cases: [Case]
  package let planted: [(fact: PlantedFact, isFound: Bool)]

  package init(_ stated: [StatedFact], about twins: [SimulatedTwin]) {
    cases = stated.map { Case(fact: $0, judgement: FactJudge(twin: twins[$0.twin]).judge($0)) }
    let truths = Dictionary(grouping: cases.filter(\.judgement.isTrue).map(\.fact)) {
      Key(kind: $0.kind, twin: $0.twin)
    }
    planted = twins.flatMap { $0.plantedFacts() }.map { fact in
      (fact, (truths[Key(kind: fact.kind, twin: fact.twin)] ?? []).contains { Self.tells($0, of: fact) })
    }
    var kinds: [String: Kind] = [:]
    for kind in FactKind.allCases {
      let cases = cases.filter { $0.fact.kind == kind }
      let planted = planted.filter { $0.fact.kind == kind }
      guard !cases.isEmpty || !planted.isEmpty else { continue }
      kinds[kind.rawValue] = Self.kind(cases, planted)
    }
    self.kinds = kinds
    let findable = planted.filter(\.fact.isFindable)
    let decidable = cases.filter(\.judgement.isDecidable)
    overall = Overall(
      trueOfStated: Share(decidable.count(where: \.judgement.isTrue), of: decidable.count),
      foundOfFindable: Share(findable.count(where: \.isFound), of: findable.count),
      falseAboutQuietTwins: cases.count { twins[$0.fact.twin].isQuiet && !$0.judgement.isTrue },
      undecidable: cases.count - decidable.count,
      undecidableAndFalse: cases.count { !$0.judgement.isDecidable && !$0.judgement.isTrue },
      quietTwins: twins.count(where: \.isQuiet))
  }

  private struct Key: Hashable {
    let kind: FactKind
    let twin: Int
  }

  private static func kind(_ cases: [Case], _ planted: [(fact: PlantedFact, isFound: Bool)]) -> Kind {
    let findable = planted.filter(\.fact.isFindable)
    let decidable = cases.filter(\.judgement.isDecidable)
    let reasons = Dictionary(grouping: decidable.filter { !$0.judgement.isTrue }, by: \.judgement.reason)
    return Kind(
      stated: cases.count, trueOfStated: Share(decidable.count(where: \.judgement.isTrue), of: decidable.count),
      undecidable: cases.count - decidable.count,
      falseBecause: reasons.mapValues(\.count), planted: planted.isEmpty ? nil : planted.count,
      findable: planted.isEmpty ? nil : findable.count,
      foundOfFindable: planted.isEmpty ? nil : Share(findable.count(where: \.isFound), of: findable.count),
      foundOfPlanted: planted.isEmpty ? nil : Share(planted.count(where: \.isFound), of: planted.count))
  }

  /// Whether a true statement is about this planted fact.
  private static func tells(_ stated: StatedFact, of fact: PlantedFact) -> Bool {
    guard stated.metric == fact.metric else { return false }
    switch fact.kind {
    case .correlation, .effect: return stated.cause == fact.cause
    case .change, .anomaly:
      let near = fact.kind == .change ? FactJudge.nearby : 1
      return stated.days.map { $0.lowerBound - near <= fact.when && fact.when <= $0.upperBound + near } ?? false
    case .trend: return stated.direction == fact.direction
    case .dataQuality: return stated.detail == "stuck"
    default: return false
    }
  }
}
