/// The session's settings behind a proxy that pools transactions: whichever session of the server comes next, each
/// transaction begins with them, and leaves nothing behind.
extension Link {
  /// Whether a statement that is sent now begins a transaction on a session that may be anybody's.
  var pinsTransaction: Bool { status.isPooled.load(ordering: .relaxed) && !isInTransaction }

  /// Statements that stand before those of a pipeline, in the same transaction.
  var pins: [SQL] {
    guard pinsTransaction else { return [] }
    // SET and not set_config: a SELECT has a snapshot already. It ends with the transaction, as SET LOCAL, which warns.
    return ["SET transaction_isolation = 'read committed'", SQL(stringLiteral: "SELECT \(pinOfTransaction)")]
  }

  /// The same, as the beginning of a script of one line.
  var scriptPins: String {
    pinsTransaction ? "SET transaction_isolation = 'read committed'; SELECT \(pinOfTransaction); " : ""
  }

  /// The same, to follow BEGIN.
  var pinsAfterBegin: String {
    pinsTransaction ? "; SELECT \(pinOfTransaction)" : ""
  }

  private var pinOfTransaction: String { settings.pin(for: .transaction) }
}
