/// One numbered step of the database's schema, up and down. Never edited once released.
///
/// A step holds what carries data: types, tables, indexes, sequences, constraints, changes of data. Functions, views and
/// triggers have no steps: see `Routine`.
public struct Migration: Sendable {
  /// When a step is taken.
  public enum Phase: Sendable {
    /// Before functions, views and triggers are brought up to date: files `NNNN_name.up.sql`.
    case tables
    /// After that, so that it may call them: files `NNNN_name.setup.up.sql`.
    case setup
  }

  /// Unique over all modules; applied in this order.
  public let number: Int
  /// As in the file's name.
  public let name: String
  /// Whether the step needs functions.
  public let phase: Phase
  /// SQL that takes the step.
  public let up: String
  /// SQL that removes exactly what `up` added.
  public let down: String

  /// `up` and `down` are the texts of the step's two files.
  public init(_ number: Int, _ name: String, phase: Phase = .tables, up: String, down: String) {
    self.number = number
    self.name = name
    self.phase = phase
    self.up = up
    self.down = down
  }

  /// Whether a text runs in the one transaction of all steps. A text whose first line says `-- transaction: none` runs
  /// outside of it, statement by statement, as CREATE INDEX CONCURRENTLY must. When it fails, what it did so far stays
  /// and the step counts as not taken: such a text must be fit to be run again, for example by a DROP … IF EXISTS first.
  static func isTransactional(_ text: String) -> Bool {
    text.split(separator: "\n", maxSplits: 1).first?.trimmingSpaces != "-- transaction: none"
  }

  /// The statements of a text that runs outside of a transaction: each ends with a semicolon at the end of a line.
  static func statements(of text: String) -> [String] {
    var statements: [String] = []
    var lines: [Substring] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) where !line.hasPrefix("--") {
      lines.append(line)
      guard line.trimmingSpaces.hasSuffix(";") else { continue }
      statements.append(lines.joined(separator: "\n"))
      lines = []
    }
    let rest = lines.joined(separator: "\n")
    return rest.trimmingSpaces.isEmpty ? statements : statements + [rest]
  }
}

extension StringProtocol {
  /// Without blanks and line ends at either end.
  var trimmingSpaces: String {
    var text = Substring(self)
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text.drop(while: \.isWhitespace))
  }
}
