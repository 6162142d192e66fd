import FoundationEssentials
import Testing

@testable import CommandLine

@Suite("Help")
struct HelpTests {
  /// Every command with the words that call it.
  private static func commands() throws -> [(path: String, command: CommandDump)] {
    func all(_ command: CommandDump, _ path: String) -> [(String, CommandDump)] {
      [(path, command)] + (command.subcommands ?? []).flatMap { all($0, path + " " + $0.commandName) }
    }
    let root = try CommandDump.program()
    return all(root, root.commandName)
  }

  // The terminal wraps paragraphs: a line break of the source inside of one leaves short lines.
  @Test("no paragraph has a line break of the source; tables are indented")
  func paragraphs() throws {
    for (path, command) in try Self.commands() {
      let options = (command.arguments ?? []).flatMap { [$0.abstract, $0.discussion] }
      for text in ([command.abstract, command.discussion] + options).compactMap({ $0 }) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (line, next) in zip(lines, lines.dropFirst()) where !line.isEmpty && !next.isEmpty {
          #expect(
            line.hasPrefix("  ") && next.hasPrefix("  "),
            "\(path): end this line with a backslash, or let a table begin after an empty line: \(line)")
        }
        for line in lines where line.hasPrefix("  ") {
          #expect(line.count <= 80, "\(path): a line of a table is wrapped: \(line)")
        }
      }
    }
  }

  @Test("every command and every option says what it is, in a sentence")
  func texts() throws {
    for (path, command) in try Self.commands() where command.commandName != "help" {
      #expect(command.abstract?.hasSuffix(".") == true, "\(path)")
      for argument in command.shownArguments {
        #expect(argument.abstract?.isEmpty == false, "\(path) \(argument.valueName ?? "")")
      }
    }
  }
}
