import ArgumentParser
import Files

extension ReferencePage {
  /// The help of every command, as it is printed on a terminal of 80 columns.
  static func commandLine() -> ReferencePage {
    ReferencePage("cli.md", title: "Command line") { page in
      page.paragraph("Every command and its help, as `--help` prints it.")
      for command in CommandHelp.all() {
        page.heading(2, command.path)
        page.code(command.text)
      }
    }
  }

  /// The exit statuses and their meanings.
  static func exitStatus() -> ReferencePage {
    ReferencePage("exit-status.md", title: "Exit status") { page in
      page.paragraph(
        "The numbers are those of `sysexits.h`. The last line of standard error says what failed and what to do.")
      page.table(
        ["status", "meaning"],
        [["0", "The command did what it was asked to do; a daemon was stopped in order."]]
          + ExitStatus.allCases.map { ["\($0.rawValue)", $0.meaning] })
      page.paragraph(
        """
        The systemd units start a daemon again after every status but 0 and \(ExitStatus.configuration.rawValue).
        """)
    }
  }
}

/// A command's help on a terminal of 80 columns.
struct CommandHelp {
  /// The words that call it, such as `twinmill migrate up`.
  let path: String
  /// The text that `--help` prints.
  let text: String

  /// The help of the program and of all its commands, but for hidden ones.
  static func all() -> [CommandHelp] { all(of: Twinmill.self, path: Twinmill._commandName) }

  private static func all(of command: any ParsableCommand.Type, path: String) -> [CommandHelp] {
    var help = [CommandHelp(path: path, text: Twinmill.helpMessage(for: command, columns: 80))]
    for below in command.configuration.subcommands where below.configuration.shouldDisplay {
      help += all(of: below, path: "\(path) \(below._commandName)")
    }
    return help
  }
}
