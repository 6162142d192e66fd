import Analysis
import FoundationEssentials
import Postgres
import Queue
import Twins

/// Tells what is to be seen in a twin: trends, risks, opportunities, anomalies, changes, milestones, faults of
/// measuring. One row per episode, updated in place while it lasts.
public struct Insight: JobKind {
  /// The kind's name.
  public static let name = "insight"

  /// Name, arguments, limits.
  public let definition = KindDefinition(
    name: name,
    summary: "Tells trends, risks, opportunities, anomalies, changes and milestones of a twin in twin_insights",
    argumentsSchema: NoArguments.schema, revision: 2,
    // As for predictions: the histories are what is large.
    batchLimit: 32,
    needsTwin: true, recomputesOnChange: true, follows: ["prediction", "correlation", "effect"])

  /// Most earlier episodes of a twin that are read: all open ones, and as many of the newest that ended.
  static let episodesRead: Int32 = 300

  private let reader: EvidenceReader
  private let episodesStatement: Statement
  private let storeStatement: Statement

  /// The rules, in the order in which of two findings that exclude each other the first one stays.
  private static let rules: [any InsightRule] = [
    ThresholdRule(), ForecastRule(), DataQualityRule(), EffectRule(), ChangeRule(), TrendRule(), AnomalyRule(),
    RelationRule(), StreakRule(), BestLevelRule(),
  ]

  /// A kind for twins of these domains.
  public init(catalog: DomainCatalog) {
    reader = EvidenceReader(catalog: catalog)
    let schemas = ["twins": catalog.twinsSchema]
    episodesStatement = Statement("insight_episodes", Embedded.Insight.Statements.insight_episodes, schemas: schemas)
    storeStatement = Statement("insight_store", Embedded.Insight.Statements.insight_store, schemas: schemas)
  }

  // MARK: - Load

  /// Reads histories, predictions, correlations, effects and earlier episodes of all the jobs' twins in one round trip.
  public func load(
    _ jobs: [Job], on connection: Connection
  ) async throws -> [JobID: Result<InsightInput, JobFailure>] {
    let (twins, upstream, own) = try await reader.read(
      jobs, kind: Self.name, own: episodesStatement(jobs.compactMap(\.twinID), Self.episodesRead), on: connection)
    var episodes: [UUID: [Episode]] = [:]
    for row in own {
      let (twin, id, metadata) = try row.decode(UUID.self, UUID.self, String.self)
      if let episode = Episode(id: id, metadata: metadata) { episodes[twin, default: []].append(episode) }
    }
    return twins.inputs(of: jobs) { (twin, _: NoArguments) throws(JobFailure) in
      InsightInput(
        evidence: try EvidenceInput(twin, upstream[twin.id] ?? UpstreamResults(), kind: Self.name),
        episodes: episodes[twin.id] ?? [])
    }
  }

  // MARK: - Compute

  /// Applies all rules to the evidence and tells the episodes on; unchanged when the evidence is what it was.
  public func compute(_ input: InsightInput, for job: Job) async throws -> Computed<InsightOutput> {
    let hash = input.hash(of: definition)
    if hash == input.evidence.lastInputHash { return .unchanged }
    let open = Set(input.episodes.filter { $0.state == .open }.map(\.subject))
    let evidence = try input.evidence.evidence(job: job.id, open: open)
    let findings = try Self.findings(in: evidence)
    let entries = EpisodeTracker.update(
      input.episodes, with: findings, twin: input.evidence.twin, now: evidence.now,
      steps: Dictionary(evidence.metrics.map { ($0.metric.name, $0.step) }) { first, _ in first },
      settings: input.evidence.domain.insights)
    return .store(InsightOutput(input, entries, inputHash: hash, job: job))
  }

  /// The findings of all rules.
  static func findings(in evidence: TwinEvidence) throws -> [Finding] {
    var findings: [Finding] = []
    for rule in rules {
      try Task.checkCancellation()
      findings += try rule.findings(in: evidence)
    }
    return findings
  }

  // MARK: - Store

  /// Writes all episodes in one statement, and what they were made of, in one round trip.
  public func store(_ outputs: [(job: Job, output: InsightOutput)], on connection: Connection) async throws {
    let rows = outputs.enumerated().flatMap { index, entry in entry.output.rows.map { (Int32(index + 1), $0) } }
    let kept = outputs.enumerated().flatMap { index, entry in entry.output.kept.map { (Int32(index + 1), $0) } }
    let records = outputs.map { (job: $0.job, record: $0.output.record) }
    _ = try await connection.pipeline([
      ResultRecord.record(records, kind: Self.name),
      storeStatement(
        records.map(\.job.id), records.map { Int32($0.job.attempt) }, records.map(\.record.twin), Self.name,
        rows.map(\.0), rows.map(\.1.id), rows.map(\.1.type), rows.map(\.1.severity), rows.map(\.1.story.title),
        rows.map(\.1.story.description), rows.map(\.1.dataPoints), rows.map(\.1.confidence), rows.map(\.1.actions),
        rows.map(\.1.metadata), kept.map(\.0), kept.map(\.1.id), kept.map(\.1.severity), kept.map(\.1.metadata)),
    ])
  }
}
