import FoundationEssentials
import Postgres
import TestServer
import Testing

@Suite("The whole chain, held against the truth", .dropsDatabases)
struct BenchChainTests {
  @Test("what the chain states about simulated twins is mostly true, has its evidence, and leads back to its jobs")
  func truth() async throws {
    let database = try await Installed.migrated()
    let connection = try await database.connect()
    let output = try await Installed.run(
      ["bench", "chain", "--twins", "20", "--days", "180", "--seed", "3"], url: database.url)
    #expect(output.status == 0, "\(output.err)")
    let report = JSON(output.out)
    func holds(_ path: String) async throws {
      let found: Bool = try await connection.value("SELECT jsonb_path_exists(\(report), \(path)::jsonpath)")
      #expect(found, "\(path): \(output.out)")
    }
    // The shares are those of few statements: a loose bar. The release check holds the strict one on 1,000 twins.
    try await holds("$.score.overall.true_of_stated ? (@.of >= 20 && @.share >= 0.8)")
    try await holds("$.score.overall.found_of_findable ? (@.of >= 20 && @.share >= 0.3)")
    try await holds("$.score.kinds.correlation ? (@.true_of_stated.share >= 0.85 && @.found_of_findable.share >= 0.5)")
    // Every number has its evidence, every row its job: exactly.
    try await holds("$.texts ? (@.texts > 5 && @.numbers > 20 && @.numbers_without_evidence == 0)")
    try await holds("$.texts ? (@.evidence_without_number == 0 && @.texts_unlike_their_value == 0)")
    let astray: Int64 = try await connection.value(
      """
      SELECT sum((t.value ->> 'rows_without_lineage')::int + (t.value ->> 'rows_without_job')::int
        + (t.value ->> 'evidence_without_job')::int) FROM jsonb_each(\(report) #> '{lineage,tables}') AS t
      """)
    #expect(astray == 0, "\(output.out)")
    try await holds("$.lineage.tables.twin_insights ? (@.rows > 0 && @.evidence > 0)")
    // Nothing failed, and without new data nothing is written again.
    let written: Int64 = try await connection.value(
      """
      SELECT sum((k.value ->> 'jobs')::int - (k.value ->> 'unchanged')::int)
      FROM jsonb_each(\(report) #> '{again,kinds}') AS k
      """)
    #expect(written == 0, "\(output.out)")
    let failures: Int64 = try await connection.value(
      "SELECT count(*) FROM jsonb_each(\(report) #> '{first,failures}')")
    #expect(failures == 0, "\(output.out)")
    // Nothing stays behind.
    let left: Int64 = try await connection.value(
      "SELECT (SELECT count(*) FROM user_digital_twins) + (SELECT count(*) FROM twin_insights) + (SELECT count(*) FROM twinmill.results)"
    )
    #expect(left == 0)
  }
}
