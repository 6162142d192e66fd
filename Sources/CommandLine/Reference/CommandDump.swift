import ArgumentParser
import FoundationEssentials

/// A command as ArgumentParser describes it in JSON: the parts that a manual page needs.
struct CommandDump: Decodable, Sendable {
  /// An argument, an option or a flag.
  struct Argument: Decodable, Sendable {
    /// One of the names of an option, without its dashes.
    struct Name: Decodable, Sendable {
      let kind: String
      let name: String

      /// As it is written on the command line.
      var text: String { (kind == "long" ? "--" : "-") + name }
    }

    let kind: String
    let shouldDisplay: Bool
    let isOptional: Bool
    let isRepeating: Bool
    let names: [Name]?
    let valueName: String?
    let defaultValue: String?
    let abstract: String?
    let discussion: String?
  }

  let commandName: String
  let abstract: String?
  let discussion: String?
  let shouldDisplay: Bool?
  let subcommands: [CommandDump]?
  let arguments: [Argument]?

  private struct Tool: Decodable {
    let command: CommandDump
  }

  /// All of the program.
  /// - Throws: `DecodingError`, when ArgumentParser's format has changed.
  static func program() throws -> CommandDump {
    try JSONDecoder().decode(Tool.self, from: Data(Twinmill._dumpHelp().utf8)).command
  }

  /// The commands below it that are listed: no hidden ones, and not the one that prints help.
  var shown: [CommandDump] { (subcommands ?? []).filter { $0.shouldDisplay != false && $0.commandName != "help" } }

  /// The arguments that are listed; `--version` and `--help` are every command's.
  var shownArguments: [Argument] {
    (arguments ?? []).filter { argument in
      argument.shouldDisplay && !["help", "version"].contains(argument.valueName ?? "")
    }
  }
}
