import FoundationEssentials
import Glibc
import Postgres
import PostgresServer
import TestGolden
import TestServer
import Testing

@Suite("Golden files", .dropsDatabases)
struct GoldenTests {
  @Test("what each command prints with --json has the names and types of Tests/Golden/json-shapes.txt")
  func shapes() async throws {
    let database = try await TestDatabase.create()
    let folder = "/tmp/twinmill-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer {
      do { try FileManager.default.removeItem(atPath: folder) } catch { print("cannot remove \(folder): \(error)") }
    }
    let rows = (1...9).map { "2026-01-0\($0),\($0)" }
    try (["timestamp,load"] + rows).joined(separator: "\n").write(
      toFile: folder + "/pump.csv", atomically: true, encoding: .utf8)
    try "{\"kind\": \"probe\"}\n{\"kind\": \"nope\"}\n".write(
      toFile: folder + "/jobs.jsonl", atomically: true, encoding: .utf8)

    var text = ""
    var shown: Set<String> = []
    for line in Self.commands {
      let words = line.split(separator: " ").map(String.init)
      let output = try await Installed.run(
        words.map { $0.replacing("FOLDER", with: folder).replacing("~", with: " ") }, url: database.url)
      #expect(output.status == 0 || line.contains("jobs.jsonl"), "\(line): \(output.err)")
      shown.insert(words.prefix { $0.first?.isLowercase == true && !$0.contains("/") }.joined(separator: " "))
      text += "$ twinmill \(line.replacing("~", with: " "))\n"
      // A stream of documents, one a line, or one document.
      let documents = output.out.contains("\n{") ? output.out.split(separator: "\n").map(String.init) : [output.out]
      for document in documents { text += try JSONShape.of(document).text + "\n" }
      text += "\n"
    }
    let difference = try Golden.difference(text, from: "json-shapes.txt")
    #expect(difference == nil)

    let help = try await Installed.run(["--experimental-dump-help"])
    let tool = try JSONDecoder().decode(Tool.self, from: Data(help.out.utf8))
    let missing = tool.command.pathsWithJSON.filter { path in !shown.contains { $0.hasPrefix(path) } }
    #expect(missing.isEmpty, "commands with --json that this test does not run: \(missing)")
  }

  @Test("the schema after `migrate up` is that of Tests/Golden/schema.txt")
  func schema() async throws {
    let database = try await Installed.migrated()
    let dump = try await SchemaDump.text(of: database)
    let difference = try Golden.difference(dump, from: "schema.txt")
    #expect(difference == nil)
  }

  /// In an order in which each finds what it shows. `~` is a space within a word.
  private static let commands = [
    "migrate up --json",
    "migrate status --json",
    "domains list --json",
    "domains prepare sensor --json",
    "import FOLDER/pump.csv --twin pump-7 --json",
    "enqueue probe --json",
    "enqueue prediction --twin sensor/pump-7 --unique-key a --json",
    "enqueue --from FOLDER/jobs.jsonl --json",
    "jobs --json",
    "job 1 --json",
    "schedules add nightly --cron 0~3~*~*~* --kind probe --json",
    "schedules list --json",
    "schedules preview nightly --count 2 --json",
    "schedules disable nightly --json",
    "schedules enable nightly --json",
    "schedules run nightly --json",
    "schedules remove nightly --json",
    "verify --json",
    "migrate down --to 0 --force --json",
  ]

  /// ArgumentParser's description of the program, as far as it matters here.
  private struct Tool: Decodable {
    let command: Command
  }

  private struct Command: Decodable {
    struct Argument: Decodable {
      let valueName: String?
    }

    let commandName: String
    let shouldDisplay: Bool
    let subcommands: [Command]?
    let arguments: [Argument]?

    /// Below the program: the words of all commands that take `--json`.
    var pathsWithJSON: [String] {
      (subcommands ?? []).filter(\.shouldDisplay).flatMap { command in
        let own = (command.arguments ?? []).contains { $0.valueName == "json" } ? [command.commandName] : []
        return own + command.pathsWithJSON.map { "\(command.commandName) \($0)" }
      }
    }
  }
}
