import Postgres
import Queue
import Scheduler
import Twins
import Worker

/// What a process's end tells its supervisor; the numbers are those of sysexits.h.
enum ExitStatus: Int32 {
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

  /// nil: an error of the command line itself.
  init?(for error: any Error) {
    switch error {
    case let error as PostgresError where error.kind == .configuration || error.isWrongLogin:
      self = .configuration
    case let error as PostgresError: self = error.isConnectionLoss ? .unavailable : .failed
    case is LeaseLost, is DrainFailed: self = .startAgain
    case is MigrationError, is WorkerSettingsError, is SettingsError: self = .configuration
    case is ImportError, is SeriesFileError: self = .badData
    case is CommandFailure: self = .failed
    default: return nil
    }
  }
}

/// A command that cannot do what it was asked: what, on which object, and the remedy.
struct CommandFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}
