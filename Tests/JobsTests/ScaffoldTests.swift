import Domains
import FoundationEssentials
import Postgres
import Queue
import TestGolden
import Testing
import Twins

@testable import Analysis
@testable import Jobs

/// The manual's pages on a new kind, a new domain and a new rule: their code is compiled here and run.
@Suite("Scaffolds of the manual")
struct ScaffoldTests {
  @Test(
    "the code on the pages is the code that is compiled and run here",
    arguments: ["new-kind.md", "new-domain.md", "new-rule.md"])
  func pages(page: String) throws {
    let blocks = try Scaffolds.blocks(of: page)
    #expect(!blocks.isEmpty)
    for block in blocks {
      let parts = block.path.split(separator: "/")
      let isRule = block.path.hasPrefix("Jobs/Insight/Rules/")
      let copy = isRule ? parts.suffix(1) : parts.dropFirst(parts[0] == "Jobs" ? 1 : 2)
      #expect(try Scaffolds.difference(block, from: "Tests/JobsTests/\(copy.joined(separator: "/"))") == nil)
    }
  }

  @Test("the one line of a kind and of a rule goes where the pages say")
  func lines() throws {
    for page in ["new-kind.md", "new-rule.md"] {
      let text = try Scaffolds.read("\(Golden.repository)/Deploy/docs/extend/\(page)")
      let match = try #require(text.firstMatch(of: /scaffold-line=(\S+) after="([^"]+)"/))
      let file = try Scaffolds.read("\(Golden.repository)/\(match.1)")
      #expect(file.ranges(of: match.2).count == 1, "\(match.1) has the line once")
    }
  }

  /// The domain of the page.
  private static func domain() throws -> Domain {
    let folder = Embedded.example.self
    return try Domain(
      Domain.Files(
        definition: folder.example_yaml, schema: folder.example_schema, register: folder.example_register,
        observations: folder.example_observations, events: folder.example_events),
      twinsSchema: "public")
  }

  /// A database with the example kind and domain, and a greenhouse of 500 hours.
  private static func greenhouse() async throws -> (test: JobsDatabase, kind: ScorecardExample, twin: UUID) {
    let domain = try domain()
    let catalog = try DomainCatalog([domain], twinsSchema: "public")
    let kind = ScorecardExample(catalog: catalog)
    let test = try await JobsDatabase.create(catalog: catalog, adding: kind.definition)
    _ = try await test.connection.query(
      """
      INSERT INTO example_readings
      SELECT 'north', '2024-06-01'::timestamptz + n * interval '1 hour', 24 + 10 * sin(2 * pi() * n / 24), 30
      FROM generate_series(1, 480) AS n
      """)
    let twin: UUID = try await test.connection.query("SELECT twinmill.twin('example', 'north')").only()
      .decode(UUID.self)
    return (test, kind, twin)
  }

  @Test("a job of the example kind writes its rows, and the next one replaces them")
  func kind() async throws {
    let (test, kind, twin) = try await Self.greenhouse()
    for _ in 0..<2 {
      let job = try await test.enqueue(ScorecardExample.name, twin: twin)
      #expect(try await test.run(kind) == [job: .stored])
      let row = try await test.connection.query(
        "SELECT job_id, metric, observations, share FROM twinmill.scorecard_example WHERE twin_id = \(twin)"
      ).only()
      let (writer, metric, count, share) = try row.decode(JobID.self, String.self, Int64.self, Double.self)
      // Above 32 for the nine of twenty-four hours around the peak: sin > 0.8 at 4 to 8 of 24.
      #expect(writer == job && metric == "temperature" && count == 480 && abs(share - 19.0 / 24) < 1e-12)
    }
  }

  @Test("a twin of the example domain is predicted")
  func exampleDomain() async throws {
    let (test, _, twin) = try await Self.greenhouse()
    let job = try await test.enqueue("prediction", twin: twin)
    #expect(try await test.run(test.prediction) == [job: .stored])
    #expect(try await test.count("SELECT count(*) FROM twinmill.latest_predictions WHERE metric = 'temperature'") == 48)
  }

  @Test("the example rule finds a record, and its text rests on evidence")
  func rule() throws {
    var values = (0..<400).map { 40 + Double($0 % 7) }
    #expect(try RecordExampleRule().findings(in: SimulatedTwin(["hydration_index": values]).evidence()).isEmpty)
    values[399] = 60
    let found = try RecordExampleRule().findings(in: SimulatedTwin(["hydration_index": values]).evidence())
    #expect(found.map(\.story.title) == ["Hydration is higher than ever"])
    #expect(found.allSatisfy { PrintedNumbers.unaccounted(in: $0.story).isEmpty })
  }
}
