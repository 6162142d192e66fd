import Files
import Postgres
import Queue
import Twins
import Worker

extension ExitStatus {
  /// nil: an error of the command line itself.
  init?(for error: any Error) {
    switch error {
    case let error as PostgresError where error.kind == .configuration || error.isWrongLogin:
      self = .configuration
    case let error as PostgresError: self = error.isConnectionLoss ? .unavailable : .failed
    case is LeaseLost, is DrainFailed: self = .startAgain
    case is MigrationError, is ForeignOwner, is WorkerSettingsError, is SettingsError: self = .configuration
    case is ImportError: self = .badData
    default:
      guard let status = ExitStatus(ofFile: error) else { return nil }
      self = status
    }
  }
}
