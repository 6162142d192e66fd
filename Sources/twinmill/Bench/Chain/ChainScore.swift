/// How many statements were true, and how many of the things that could be found were.
struct ChainScore: Sendable {
  /// Of one kind of statement. `planted` and what follows are missing where nothing of the kind is planted.
  struct Kind: Encodable, Sendable {
    let stated: Int
    let trueOfStated: Share
    /// Reasons of false statements, by number.
    let falseBecause: [String: Int]
    let planted: Int?
    let findable: Int?
    let foundOfFindable: Share?
    let foundOfPlanted: Share?
  }

  /// Over all kinds.
  struct Overall: Encodable, Sendable {
    let trueOfStated: Share
    let foundOfFindable: Share
    /// Statements about twins in which nothing is to be found, gaps and rare days apart.
    let falseAboutQuietTwins: Int
    /// False statements of a product's effect that nobody could know to be false: a regime changed within three days of
    /// its start. They count as false everywhere.
    let falseByCoincidence: Int
    let quietTwins: Int
  }

  /// A statement and what became of it.
  struct Case: Sendable {
    let fact: StatedFact
    let judgement: Judgement
  }

  let kinds: [String: Kind]
  let overall: Overall
  let cases: [Case]
  let planted: [(fact: PlantedFact, isFound: Bool)]

  init(_ stated: [StatedFact], about twins: [SimulatedTwin]) {
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
    overall = Overall(
      trueOfStated: Share(cases.count(where: \.judgement.isTrue), of: cases.count),
      foundOfFindable: Share(findable.count(where: \.isFound), of: findable.count),
      falseAboutQuietTwins: cases.count { twins[$0.fact.twin].isQuiet && !$0.judgement.isTrue },
      falseByCoincidence: cases.count { $0.judgement.reason.contains(FactJudge.coincidence) },
      quietTwins: twins.count(where: \.isQuiet))
  }

  private struct Key: Hashable {
    let kind: FactKind
    let twin: Int
  }

  private static func kind(_ cases: [Case], _ planted: [(fact: PlantedFact, isFound: Bool)]) -> Kind {
    let findable = planted.filter(\.fact.isFindable)
    let reasons = Dictionary(grouping: cases.filter { !$0.judgement.isTrue }, by: \.judgement.reason)
    return Kind(
      stated: cases.count, trueOfStated: Share(cases.count(where: \.judgement.isTrue), of: cases.count),
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
