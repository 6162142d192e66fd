/// One setting of the program: its names, its allowed values, its default and its effect.
///
/// The table in `Setting+Table.swift` is the only list of settings. The known names, the errors of `Settings`, the
/// manual's page and the example of an environment file are made from it.
struct Setting: Sendable {
  /// The type that a setting's text is read as.
  enum Value: Sendable, Hashable {
    /// Any text.
    case text
    /// Names separated by commas; a list in a file.
    case names
    /// Pairs `NAME=NAME` separated by commas.
    case pairs
    /// A whole number.
    case count
    /// A number of seconds, with a fraction if need be.
    case seconds
    /// A number of days, with a fraction if need be.
    case days
    /// `true` or `false`.
    case flag
    /// One of these words.
    case choice([String])
  }

  /// The state of a setting that is not set.
  enum Default: Sendable, Hashable {
    /// This value, as one would write it.
    case value(String)
    /// No value of the setting: these words say what happens.
    case absent(String)
  }

  /// The programs that read a setting.
  struct Readers: OptionSet, Sendable, Hashable {
    let rawValue: Int

    /// `twinmill worker`.
    static let worker = Readers(rawValue: 1)
    /// `twinmill scheduler`.
    static let scheduler = Readers(rawValue: 2)
    /// The other commands that use the database.
    static let commands = Readers(rawValue: 4)
    /// All of them.
    static let all: Readers = [.worker, .scheduler, .commands]
  }

  /// The name in a file: `twinmill.lease_seconds` is `lease_seconds` under `twinmill:`.
  let key: String
  /// The type that its text is read as.
  let value: Value
  /// The state when it is not set.
  let standard: Default
  /// The programs that read it.
  let readers: Readers
  /// Its purpose: one or more sentences.
  let meaning: String
  /// The consequence of a value that is too low.
  var tooLow: String?
  /// The consequence of a value that is too high.
  var tooHigh: String?
  /// The values that are accepted, in words, where the type does not say it.
  var allowed: String?
  /// A value to show in the environment file where the default has none.
  var example = ""
  /// Whether it can stand in the file; false: only in the environment.
  var isInFile = true

  /// The name in the environment: `TWINMILL_LEASE_SECONDS`.
  var variable: String { key.replacing(".", with: "_").uppercased() }

  /// The form of a text that can be read; it stands behind "must be" in an error.
  var requirement: String {
    switch value {
    case .text: "a text"
    case .names: "names, separated by commas"
    case .pairs: "pairs DOMAIN=SCHEMA, separated by commas"
    case .count: "a whole number"
    case .seconds, .days: "a number"
    case .flag: "true or false"
    case .choice(let words): "one of \(words.joined(separator: ", "))"
    }
  }

  /// The type and its unit, for the manual.
  var typeName: String {
    switch value {
    case .text: "text"
    case .names: "names, separated by commas"
    case .pairs: "pairs `NAME=NAME`, separated by commas"
    case .count: "whole number"
    case .seconds: "number of seconds"
    case .days: "number of days"
    case .flag: "`true` or `false`"
    case .choice: "word"
    }
  }
}

extension Setting {
  /// The variables that a program reads, in the order of the table: for its help.
  static func variables(readBy reader: Readers) -> String {
    all.filter { !$0.readers.isDisjoint(with: reader) }.map(\.variable).joined(separator: ", ")
  }
}
