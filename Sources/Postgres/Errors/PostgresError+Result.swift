import CLibpq
import Glibc

// The codes of error fields are character macros that Swift does not import; see "Error and Notice Message Fields" in
// PostgreSQL's protocol documentation.
private enum Field: Int32 {
  case severity = 0x56  // V: never translated
  case sqlstate = 0x43  // C
  case message = 0x4D  // M
  case detail = 0x44  // D
  case hint = 0x48  // H
  case position = 0x50  // P
  case context = 0x57  // W
  case schema = 0x73  // s
  case table = 0x74  // t
  case column = 0x63  // c
  case constraint = 0x6E  // n
  case routine = 0x52  // R
}

private func field(_ field: Field, of result: OpaquePointer) -> String? {
  PQresultErrorField(result, field.rawValue).map { String(cString: $0) }
}

/// libpq's messages end with a newline, and may have several lines.
func trimmedMessage(_ message: UnsafePointer<CChar>?) -> String {
  guard let message else { return "" }
  return String(cString: message).split(separator: "\n").map { $0.drop(while: \.isWhitespace) }.joined(separator: "; ")
}

extension PostgresError {
  /// The error in a result.
  /// - Parameters:
  ///   - result: with an error status; not freed here.
  ///   - writesAreExpected: false inside a transaction that we opened as read-only, where 25006 is the caller's mistake
  ///     and no sign of a standby.
  ///   - isStandby: the server said that it is in recovery.
  init(result: OpaquePointer, writesAreExpected: Bool, isStandby: Bool) {
    let state = field(.sqlstate, of: result)
    // Results that libpq makes up itself (a broken connection) have a text but no fields.
    let message = field(.message, of: result) ?? trimmedMessage(PQresultErrorMessage(result))
    var draft = Draft(kind: .server, message: message, sqlstate: state)
    draft.detail = field(.detail, of: result)
    draft.hint = field(.hint, of: result)
    draft.position = field(.position, of: result).flatMap { Int($0) }
    draft.context = field(.context, of: result)
    draft.schema = field(.schema, of: result)
    draft.table = field(.table, of: result)
    draft.column = field(.column, of: result)
    draft.constraint = field(.constraint, of: result)
    draft.routine = field(.routine, of: result)
    if let state {
      // FATAL and PANIC are the server's last words (57P01 and its siblings, 08xxx of our own connection, 53300). An
      // ERROR of class 08 is about a row in a malformed COPY, or about somebody else's connection (dblink).
      let severity = field(.severity, of: result)
      if severity == "FATAL" || severity == "PANIC" {
        draft.kind = .connectionLost
        draft.endsConnection = true
      } else if state == "25006" {
        draft.endsConnection = writesAreExpected
      } else if state == "0A000" {
        draft.endsConnection = isStandby && writesAreExpected
      }
    }
    self.init(draft)
  }
}

extension Notice {
  init(result: OpaquePointer) {
    self.init(
      severity: field(.severity, of: result) ?? "NOTICE", sqlstate: field(.sqlstate, of: result) ?? "00000",
      message: field(.message, of: result) ?? trimmedMessage(PQresultErrorMessage(result)),
      detail: field(.detail, of: result), hint: field(.hint, of: result))
  }
}
