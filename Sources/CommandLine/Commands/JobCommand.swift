import ArgumentParser
import Files
import FoundationEssentials
import Postgres
import ReadModels

/// `twinmill job ID`
struct JobCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "job", abstract: "Show everything known of one job: who asked, when what happened, errors.")

  @OptionGroup var global: GlobalOptions
  @Argument(help: "The job's id.") var id: Int64

  func run() async throws {
    let fields = try await global.withConnection { try await JobField.all(of: id, on: $0) }
    guard !fields.isEmpty else {
      throw CommandFailure("no job \(id); list the newest with: twinmill jobs")
    }
    if global.json {
      print("{" + fields.map { "\(JSON.literal($0.name)):\($0.json)" }.joined(separator: ",") + "}")
    } else {
      for field in fields {
        if let text = field.text { print(field.name.padding(to: 14) + text) }
      }
    }
  }
}
