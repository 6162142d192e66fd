/// What a process's end tells its supervisor; the numbers are those of sysexits.h.
package enum ExitStatus: Int32, Sendable {
  /// A refused request or bad data: the message says what to change.
  case failed = 1
  /// A file holds what cannot be read.
  case badData = 65
  /// The database cannot be reached.
  case unavailable = 69
  /// The lease was lost or the drain failed: start again.
  case startAgain = 75
  /// The configuration cannot work: starting again will not help.
  case configuration = 78

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
