import Analysis
import FoundationEssentials
import Postgres
import Queue
import Twins

/// Recommends what to do about a twin, from effects, correlations, open insights and the domain's rules. Nothing is
/// recommended whose evidence fails the domain's bar.
public struct Recommendation: JobKind {
  /// The kind's name.
  public static let name = "recommendation"

  /// Name, arguments, limits.
  public let definition = KindDefinition(
    name: name,
    summary: "Recommends what to do about a twin in twin_recommendations",
    argumentsSchema: NoArguments.schema,
    batchLimit: 32, needsTwin: true, recomputesOnChange: true, follows: ["insight"])

  /// Most earlier recommendations of a twin that are read, and most insights.
  static let rowsRead: Int32 = 300

  private let reader: EvidenceReader
  private let writtenStatement: Statement
  private let storeStatement: Statement
  private static let rules: [any AdviceRule] = [ProductAdvice(), DomainAdvice(), FactorAdvice()]

  /// A kind for twins of these domains.
  public init(catalog: DomainCatalog) {
    reader = EvidenceReader(catalog: catalog)
    let schemas = ["twins": catalog.twinsSchema]
    writtenStatement = Statement(
      "recommendation_written", Embedded.Recommendation.Statements.recommendation_written, schemas: schemas)
    storeStatement = Statement(
      "recommendation_store", Embedded.Recommendation.Statements.recommendation_store, schemas: schemas)
  }

  // MARK: - Load

  /// Reads histories, what other kinds concluded, open insights and earlier recommendations in one round trip.
  public func load(
    _ jobs: [Job], on connection: Connection
  ) async throws -> [JobID: Result<RecommendationInput, JobFailure>] {
    let (twins, upstream, written) = try await reader.read(
      jobs, kind: Self.name, own: writtenStatement(jobs.compactMap(\.twinID), Self.rowsRead), on: connection)
    var insights: [UUID: [OpenInsight]] = [:]
    var prior: [UUID: [PriorRecommendation]] = [:]
    for row in written {
      let (twin, id, title, confidence, dataPoints, metadata) = try row.decode(
        UUID.self, UUID.self, String?.self, Double?.self, String?.self, String.self)
      if let title, let dataPoints {
        let insight = OpenInsight(
          id: id, title: title, confidence: confidence, dataPoints: dataPoints, metadata: metadata)
        if let insight { insights[twin, default: []].append(insight) }
      } else if let recommendation = PriorRecommendation(id: id, metadata: metadata) {
        prior[twin, default: []].append(recommendation)
      }
    }
    return twins.inputs(of: jobs) { (twin, _: NoArguments) throws(JobFailure) in
      RecommendationInput(
        evidence: try EvidenceInput(twin, upstream[twin.id] ?? UpstreamResults(), kind: Self.name),
        insights: (insights[twin.id] ?? []).sorted { $0.episode.key < $1.episode.key }, prior: prior[twin.id] ?? [])
    }
  }

  // MARK: - Compute

  /// Applies all rules and tells the recommendations on; unchanged when what they rest on is what it was.
  public func compute(_ input: RecommendationInput, for job: Job) async throws -> Computed<RecommendationOutput> {
    let hash = input.hash(of: definition)
    if hash == input.evidence.lastInputHash { return .unchanged }
    let evidence = try input.evidence.evidence(job: job.id, open: [])
    let advice = Self.rules.flatMap { $0.advice(on: evidence, insights: input.insights) }
    let entries = RecommendationTracker.update(input.prior, with: advice, twin: input.evidence.twin)
    return .store(RecommendationOutput(input, entries, inputHash: hash, job: job))
  }

  // MARK: - Store

  /// Writes all recommendations in one statement, and what they were made of, in one round trip.
  public func store(
    _ outputs: [(job: Job, output: RecommendationOutput)], on connection: Connection
  ) async throws {
    let rows = outputs.enumerated().flatMap { index, entry in entry.output.rows.map { (Int32(index + 1), $0) } }
    let kept = outputs.enumerated().flatMap { index, entry in entry.output.kept.map { (Int32(index + 1), $0) } }
    let records = outputs.map { (job: $0.job, record: $0.output.record) }
    _ = try await connection.pipeline([
      ResultRecord.record(records, kind: Self.name),
      storeStatement(
        records.map(\.job.id), records.map { Int32($0.job.attempt) }, records.map(\.record.twin), Self.name,
        rows.map(\.0), rows.map(\.1.id), rows.map(\.1.type), rows.map { Int32($0.1.priority) },
        rows.map(\.1.story.title), rows.map(\.1.story.description), rows.map(\.1.products), rows.map(\.1.actions),
        rows.map(\.1.impact), rows.map(\.1.metadata), kept.map(\.0), kept.map(\.1.id), kept.map(\.1.metadata)),
    ])
  }
}
