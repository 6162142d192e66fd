/// An error between this program and PostgreSQL.
///
/// The default description holds the message, SQLSTATE, statement name, constraint and remedy; never parameters, never
/// a password. `detail` (which may quote a row) is only in `debugDescription` and in its property.
public struct PostgresError: Error, Sendable {
  /// The family of a failure: what the caller can do about it follows from this.
  public enum Kind: String, Sendable, Hashable {
    /// The server refused a statement; see `sqlstate`.
    case server
    /// Our own deadline passed and the statement was cancelled.
    case deadlineExceeded
    /// The calling task was cancelled, and the statement with it.
    case cancelled
    /// The connection broke, or the server ended it.
    case connectionLost
    /// The connection was closed by this program before.
    case closed
    /// No connection could be opened.
    case connectFailed
    /// The connection string or a setting is wrong.
    case configuration
    /// A value of the answer is not of the type that was asked for.
    case decoding
    /// A parameter cannot be represented on the server.
    case encoding
    /// The connection broke while COMMIT was under way: the transaction may or may not have been committed.
    case commitUnknown
    /// COMMIT was answered by ROLLBACK, because a statement had failed and its error was swallowed.
    case transactionAborted
    /// The API was used in a way that cannot work (nested `transaction`, COPY through `query` …).
    case misuse
    /// The server's answer does not follow the protocol as we know it.
    case protocolViolation
  }

  /// Everything but the kind. A class keeps the error one word wide: it travels through every typed throw.
  private final class Fields: Sendable {
    let kind: Kind
    let message: String
    let sqlstate: String?
    let detail: String?
    let hint: String?
    let schema: String?
    let table: String?
    let column: String?
    let constraint: String?
    let context: String?
    let position: Int?
    let routine: String?
    let statementName: String?
    let statementIndex: Int?
    let endsConnection: Bool

    init(_ draft: Draft) {
      kind = draft.kind
      message = draft.message
      sqlstate = draft.sqlstate
      detail = draft.detail
      hint = draft.hint
      schema = draft.schema
      table = draft.table
      column = draft.column
      constraint = draft.constraint
      context = draft.context
      position = draft.position
      routine = draft.routine
      statementName = draft.statementName
      statementIndex = draft.statementIndex
      endsConnection = draft.endsConnection
    }
  }

  /// The mutable form of an error, while it is put together.
  struct Draft {
    var kind: Kind
    var message: String
    var sqlstate: String?
    var detail: String?
    var hint: String?
    var schema: String?
    var table: String?
    var column: String?
    var constraint: String?
    var context: String?
    var position: Int?
    var routine: String?
    var statementName: String?
    var statementIndex: Int?
    var endsConnection = false
  }

  private let fields: Fields

  init(_ draft: Draft) {
    fields = Fields(draft)
  }

  /// An error of our own making.
  /// - Parameters:
  ///   - kind: the family.
  ///   - message: what failed, on which object.
  ///   - sqlstate: the class the server would have used, where there is one.
  ///   - hint: what to do about it.
  public init(_ kind: Kind, _ message: String, sqlstate: String? = nil, hint: String? = nil) {
    let ends = kind == .connectionLost || kind == .closed || kind == .connectFailed || kind == .commitUnknown
    self.init(Draft(kind: kind, message: message, sqlstate: sqlstate, hint: hint, endsConnection: ends))
  }

  /// The same error with the name of what failed before its message.
  package func prefixed(_ name: String) -> PostgresError {
    changing { $0.message = "\(name): \($0.message)" }
  }

  /// The same error with some fields changed.
  func changing(_ change: (inout Draft) -> Void) -> PostgresError {
    var draft = Draft(
      kind: kind, message: message, sqlstate: sqlstate, detail: detail, hint: hint, schema: schema, table: table,
      column: column, constraint: constraint, context: context, position: position, routine: routine,
      statementName: statementName, statementIndex: statementIndex, endsConnection: fields.endsConnection)
    change(&draft)
    return PostgresError(draft)
  }

  /// The family of the failure.
  public var kind: Kind { fields.kind }
  /// A description of the failure, in the server's or our words.
  public var message: String { fields.message }
  /// The five-character SQLSTATE, where the server gave one.
  public var sqlstate: String? { fields.sqlstate }
  /// The server's DETAIL; may quote values of a row.
  public var detail: String? { fields.detail }
  /// The remedy, in the server's or our words.
  public var hint: String? { fields.hint }
  /// The schema of the object concerned.
  public var schema: String? { fields.schema }
  /// The table concerned.
  public var table: String? { fields.table }
  /// The column concerned.
  public var column: String? { fields.column }
  /// The constraint that was violated.
  public var constraint: String? { fields.constraint }
  /// The server's CONTEXT: the call stack inside functions.
  public var context: String? { fields.context }
  /// Where in the statement's text the error is, in characters from 1.
  public var position: Int? { fields.position }
  /// The server's source routine that raised the error; unlike the message it is the same in every locale.
  var routine: String? { fields.routine }
  /// The name of the statement that failed.
  public var statementName: String? { fields.statementName }
  /// The position in the pipeline of the statement that failed, from 0.
  public var statementIndex: Int? { fields.statementIndex }

  /// True if the connection that this came from is of no further use: broken, closed, shut down by the server, or
  /// leading to a server that only reads. Drop it, back off, reconnect.
  public var isConnectionLoss: Bool { fields.endsConnection }
  /// True for a login or a database name that waiting will not mend: no such role or password, no such database.
  public var isWrongLogin: Bool { ["28P01", "28000", "3D000"].contains(sqlstate) }
  /// True if a program that starts does well to wait: the server is away, and the login is not to blame.
  public var mendsWithTime: Bool { isConnectionLoss && !isWrongLogin }
  /// True if the same transaction may succeed when run again: serialization failure or deadlock.
  public var isRetryable: Bool { sqlstate == "40001" || sqlstate == "40P01" }
}

extension PostgresError: CustomStringConvertible, CustomDebugStringConvertible {
  /// One line, fit for logs.
  public var description: String {
    var text = message
    if let sqlstate { text += " [\(sqlstate)]" }
    if let statementName { text += " in statement \(statementName)" }
    if let statementIndex { text += " (number \(statementIndex + 1) of the pipeline)" }
    if let constraint { text += ", constraint \(constraint)" }
    if let hint { text += ". Hint: \(hint)" }
    return text
  }

  /// Everything there is to know; may quote values of a row.
  public var debugDescription: String {
    var text = "\(kind.rawValue): \(description)"
    if let detail { text += "\nDETAIL: \(detail)" }
    if let context { text += "\nCONTEXT: \(context)" }
    if let table { text += "\nTABLE: \(schema.map { $0 + "." } ?? "")\(table)\(column.map { "." + $0 } ?? "")" }
    if let position { text += "\nPOSITION: \(position)" }
    return text
  }
}
