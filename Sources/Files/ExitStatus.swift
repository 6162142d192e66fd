/// The exit status of a process tells its supervisor whether to start it again; the numbers are those of sysexits.h.
package enum ExitStatus: Int32, Sendable, CaseIterable {
  /// A refused request or bad data: the message says what to change.
  case failed = 1
  /// A wrong command line; ArgumentParser ends with it.
  case usage = 64
  /// A file holds what cannot be read.
  case badData = 65
  /// The database cannot be reached.
  case unavailable = 69
  /// The lease was lost or the drain failed: start again.
  case startAgain = 75
  /// The configuration cannot work: starting again will not help.
  case configuration = 78

  /// The message of this status to the caller, for the manual.
  package var meaning: String {
    switch self {
    case .failed: "A refused request or bad data: the message says what to change."
    case .usage: "A wrong command line: the message says how the command is used."
    case .badData: "A file holds what cannot be read: the message names file and line."
    case .unavailable: "The database cannot be reached."
    case .startAgain: "The lease was lost, or jobs ignored the end of the drain: start the daemon again."
    case .configuration: "The configuration cannot work: starting again does not help."
    }
  }

  /// Of an error about a file or a request; nil: another error.
  package init?(ofFile error: any Error) {
    switch error {
    case is FileError: self = .badData
    case is CommandFailure: self = .failed
    default: return nil
    }
  }
}

/// A command that cannot do what it was asked: what, on which object, and the remedy.
package struct CommandFailure: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) {
    self.description = description
  }
}
