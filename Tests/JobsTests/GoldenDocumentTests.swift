import Domains
import FoundationEssentials
import Queue
import Testing
import Twins

@testable import Analysis
@testable import Jobs

/// The documents of each result table, byte for byte: applications and the console read them.
///
/// `TWINMILL_RENEW_GOLDEN=1 swift test --filter Golden` writes the files anew; the difference is what a reviewer reads.
@Suite("Documents of the result tables")
struct GoldenDocumentTests {
  private static let catalog = Result { try Domains.catalog() }

  @Test("a prediction's state, factors and metadata")
  func prediction() async throws {
    let output = try await Self.predicted()
    try GoldenText.check(
      "twin_predictions",
      output.rows.flatMap { ["predicted_state \($0.state)", "factors \($0.factors)"] } + [
        "metadata \(output.record.metadata)"
      ])
  }

  @Test("a correlation's observations and metadata")
  func correlation() async throws {
    let output = try await Self.correlated()
    try GoldenText.check(
      "twin_correlations",
      output.rows.map { "observations \($0.observations)" } + ["metadata \(output.record.metadata)"])
  }

  @Test("an effect's observed and side effects and metadata")
  func effect() async throws {
    let output = try await Self.judged()
    try GoldenText.check(
      "product_effects",
      output.rows.flatMap { ["observed_effects \($0.observed)", "side_effects \($0.side)"] }
        + ["metadata \(output.record.metadata)"])
  }

  @Test("an insight's data points and metadata, and what a recommendation makes of it")
  func insight() async throws {
    let output = try await Self.seen()
    try GoldenText.check(
      "twin_insights",
      output.rows.flatMap {
        [
          "title \($0.story.title)", "data_points \($0.dataPoints)", "action_items \($0.actions)",
          "metadata \($0.metadata)",
        ]
      } + ["summary \(output.record.metadata)"])

    let advice = try await Self.advised(by: output)
    try GoldenText.check(
      "twin_recommendations",
      advice.rows.flatMap {
        [
          "title \($0.story.title)", "products \($0.products)", "actions \($0.actions)",
          "expected_impact \($0.impact ?? "null")", "metadata \($0.metadata)",
        ]
      } + ["summary \(advice.record.metadata)"])
  }

  // MARK: - Round trips

  /// Whether a document reads back from its own text as the same document.
  private static func survives(_ json: String, as type: (some JSONDocument & Decodable & Equatable).Type) -> Bool {
    guard let document = type.init(json: json) else { return false }
    return document.json == json && type.init(json: document.json) == document
  }

  @Test("every document of a prediction reads back as it was written")
  func predictionRoundTrip() async throws {
    let output = try await Self.predicted()
    for row in output.rows {
      #expect(Self.survives(row.state, as: PredictedState.self))
      #expect(Self.survives(row.factors, as: PredictionFactors.self))
    }
    #expect(Self.survives(output.record.metadata, as: PredictionMetadata.self))
    let events = MetricSummary.Event(event: "sale \"a\"", effect: 1.5, standardError: 0.1, shareUsed: 0.5)
    #expect(Self.survives([events].json, as: [MetricSummary.Event].self))
  }

  @Test("every document of correlations and effects reads back as it was written")
  func causeRoundTrip() async throws {
    let found = try await Self.correlated()
    #expect(
      !found.rows.isEmpty && found.rows.allSatisfy { Self.survives($0.observations, as: CorrelationDocument.self) })
    #expect(Self.survives(found.record.metadata, as: CorrelationMetadata.self))
    let judged = try await Self.judged()
    for row in judged.rows {
      #expect(Self.survives(row.observed, as: EffectDocument.self))
      #expect(Self.survives(row.side, as: [MetricEffectDocument].self))
    }
    #expect(!judged.rows.isEmpty && Self.survives(judged.record.metadata, as: EffectMetadata.self))
  }

  @Test("every document of insights and recommendations reads back as it was written")
  func insightRoundTrip() async throws {
    let output = try await Self.seen()
    for row in output.rows {
      #expect(Self.survives(row.dataPoints, as: [Evidence].self))
      #expect(Self.survives(row.actions, as: [String].self))
      #expect(InsightMetadata(json: row.metadata)?.json == row.metadata)
    }
    #expect(!output.rows.isEmpty && Self.survives(output.record.metadata, as: InsightSummary.self))
    let advice = try await Self.advised(by: output)
    for row in advice.rows {
      #expect(Self.survives(row.products, as: [RecommendedProduct].self))
      #expect(try Self.survives(#require(row.impact), as: ExpectedImpact.self))
      #expect(RecommendationMetadata(json: row.metadata)?.json == row.metadata)
    }
    #expect(!advice.rows.isEmpty && Self.survives(advice.record.metadata, as: RecommendationSummary.self))
  }

  @Test("numbers read back as the same bits, what is no number becomes null, and names may hold anything")
  func numbers() throws {
    let numbers = [0.1, 1e300, -2.5e-308, 1 / 3.0, 12_345_678.9, 1e16, 100, -0.0]
    let bands = PredictedState(
      numbers.enumerated().map { index, number in
        ("m\(index) \"\\\n", PredictedBand(mean: number, lo80: number, hi80: number, lo95: number, hi95: number))
      })
    let read = try #require(PredictedState(json: bands.json))
    #expect(read.entries.map(\.value.mean.bitPattern) == numbers.map(\.bitPattern))
    #expect(read.entries.map(\.name) == bands.entries.map(\.name))
    let others = MetricFactors.Others(models: 2, weight: .nan)
    #expect(others.json == #"{"models":2,"weight":null}"#)
  }

  // MARK: - Input hashes

  @Test("input hashes are those of the releases before: only a new revision of a kind changes them")
  func hashes() throws {
    let catalog = try Self.catalog.get()
    func hashes(_ revise: (KindDefinition) -> KindDefinition) throws -> [String] {
      let twin = try Self.steadyTwin()
      let correlation = try CorrelationInput(twin, CorrelationArguments.decode(Self.job("correlation")))
      let evidence = try EvidenceInput(twin, Self.upstream().upstream, kind: "insight")
      let definitions = (
        prediction: revise(Prediction(catalog: catalog).definition),
        correlation: revise(Correlation(catalog: catalog).definition),
        effect: revise(Effect(catalog: catalog).definition), insight: revise(Insight(catalog: catalog).definition),
        recommendation: revise(Recommendation(catalog: catalog).definition)
      )
      return [
        try PredictionInput(twin, PredictionArguments.decode(Self.job("prediction"))).hash(of: definitions.prediction),
        correlation.hash(of: definitions.correlation),
        try EffectInput(twin, EffectArguments.decode(Self.job("effect"))).hash(of: definitions.effect),
        InsightInput(evidence: evidence, episodes: []).hash(of: definitions.insight),
        RecommendationInput(evidence: evidence, insights: [], prior: []).hash(of: definitions.recommendation),
      ]
    }
    let found = try hashes { $0 }
    try GoldenText.check("input_hashes", found)
    let revised = try hashes { kind in
      KindDefinition(
        name: kind.name, summary: kind.summary, argumentsSchema: kind.argumentsSchema, revision: kind.revision + 1)
    }
    #expect(zip(found, revised).allSatisfy { $0 != $1 })
  }

  /// A domain of its own, so that another definition of skincare does not change the hashes.
  private static let steadyDomain = """
    domain: skincare
    summary: For input hashes
    interval_seconds: 86400
    horizon: 10
    history_points: 1000
    metrics:
      - {name: redness_index, label: redness, unit: points, minimum: 0, maximum: 100, direction: lower}
    factors:
      - {name: sleep_hours, label: sleep, type: lifestyle, unit: h, minimum: 0, maximum: 24}
    interventions:
      - {event: product, type: product, label: product}
    """

  /// Values that are the same bits on every machine.
  private static func steadyTwin() throws -> ResolvedTwin {
    let empty = "SELECT 1"
    let files = Domain.Files(
      definition: steadyDomain, schema: empty, register: empty, observations: empty, events: empty)
    let catalog = try DomainCatalog([Domain(files, twinsSchema: "public")], twinsSchema: "public")
    let dates = (0..<60).map { SimulatedTwin.date($0) }
    let history = TwinHistory(
      twin: SimulatedTwin.id, domainName: "skincare", subject: "1", hasTables: true,
      observations: [
        Observations(metric: "redness_index", observedAt: dates, values: dates.indices.map { Double(50 + $0 % 7) }),
        Observations(metric: "sleep_hours", observedAt: dates, values: dates.indices.map { Double(6 + $0 % 3) }),
      ],
      events: [TwinEvent(occurredAt: dates[30], type: "product_started", factor: "cream")], lastInputHash: nil,
      readAt: SimulatedTwin.date(60))
    return try ResolvedTwin(history, catalog: catalog)
  }

  // MARK: - Results of each kind

  private static func predicted() async throws -> PredictionOutput {
    let job = job("prediction", #"{"horizon": 2, "history_days": 400}"#)
    let input = try PredictionInput(twin(), PredictionArguments.decode(job))
    return try await stored(Prediction(catalog: catalog.get()).compute(input, for: job))
  }

  private static func correlated() async throws -> CorrelationOutput {
    let job = job("correlation", #"{"max_lag": 3, "fdr": 0.01}"#)
    let input = try CorrelationInput(twin(), CorrelationArguments.decode(job))
    return try await stored(Correlation(catalog: catalog.get()).compute(input, for: job))
  }

  private static func judged() async throws -> EffectOutput {
    let job = job("effect", #"{"metrics": ["redness_index", "texture_score"]}"#)
    let input = try EffectInput(twin(), EffectArguments.decode(job))
    return try await stored(Effect(catalog: catalog.get()).compute(input, for: job))
  }

  private static func seen() async throws -> InsightOutput {
    let input = InsightInput(evidence: try upstream().input(), episodes: [])
    return try await stored(Insight(catalog: catalog.get()).compute(input, for: job("insight")))
  }

  private static func advised(by output: InsightOutput) async throws -> RecommendationOutput {
    let insights = output.rows.compactMap {
      OpenInsight(
        id: $0.id, title: $0.story.title, confidence: $0.confidence, dataPoints: $0.dataPoints, metadata: $0.metadata)
    }
    let input = RecommendationInput(evidence: try upstream().input(), insights: insights, prior: [])
    return try await stored(Recommendation(catalog: catalog.get()).compute(input, for: job("recommendation")))
  }

  private static func stored<Output>(_ computed: Computed<Output>) throws -> Output {
    guard case .store(let output) = computed else { throw GoldenError.unchanged }
    return output
  }

  // MARK: - A twin with something of everything

  private static func job(_ kind: String, _ arguments: String = "{}") -> Job {
    Job(
      id: 7, kind: kind, queue: "default", priority: 0, twinID: SimulatedTwin.id, arguments: .init(text: arguments),
      attempt: 2, maxAttempts: 5, crashes: 0, token: UUID(), enqueuedAt: SimulatedTwin.start,
      runAt: SimulatedTwin.start, claimedAt: SimulatedTwin.start, requestedBy: "O\"Neill", schedule: "nightly",
      tick: SimulatedTwin.date(300))
  }

  private static func twin() throws -> ResolvedTwin {
    var noise = SimulatedNoise(seed: 4)
    let days = 0..<240
    let dates = days.map { SimulatedTwin.date($0).addingTimeInterval(32_400) }
    let sleep = noise.autoregression(240, 0.3)
    let redness = noise.autoregression(240, 0.3).enumerated().map {
      50 + 3 * $0.element + ($0.offset >= 120 ? 12 : 0)
    }
    let hydration = noise.autoregression(240, 0.3).enumerated().map {
      60 + 4 * $0.element + ($0.offset > 0 ? 6 * sleep[$0.offset - 1] : 0)
    }
    let history = TwinHistory(
      twin: SimulatedTwin.id, domainName: "skincare", subject: "1", hasTables: true,
      observations: [
        Observations(metric: "hydration_index", observedAt: dates, values: hydration),
        Observations(metric: "redness_index", observedAt: dates, values: redness, skipped: 2),
        Observations(metric: "sleep_hours", observedAt: dates, values: sleep.map { 7 + $0 }),
        Observations(metric: "texture_score", observedAt: [dates[0], dates[1]], values: [40, 5000]),
      ],
      events: [TwinEvent(occurredAt: dates[120], type: "product_started", factor: "cream")], lastInputHash: nil,
      readAt: SimulatedTwin.date(240))
    return try ResolvedTwin(history, catalog: catalog.get())
  }

  private static func upstream() throws -> SimulatedTwin {
    var noise = SimulatedNoise(seed: 9)
    var twin = try SimulatedTwin([
      "redness_index": noise.autoregression(119, 0.2).enumerated().map {
        40 + 2 * $0.element + ($0.offset >= 60 ? 9 : 0)
      } + [95],
      "hydration_index": noise.autoregression(120, 0.2).enumerated().map { 40 + $0.element + 0.2 * Double($0.offset) },
    ])
    twin.predict("redness_index", mean: [72, 75, 78, 80], reach: 4)
    twin.relate("sleep_hours", "hydration_index", r: 0.55)
    twin.affect("cream", [("redness_index", 9, 2, "worse", 2.5), ("hydration_index", 3, 1, "better", 1)])
    return twin
  }
}

/// Why there is nothing to compare.
enum GoldenError: Error {
  case unchanged
}
