import CLibpq
import Glibc

// Waiting: the only place where the thread blocks while an operation is under way.

extension Link {
  /// The next result of what was sent; nil at the end of a statement's results. Sends and receives in turn, so that
  /// neither side can block the other however much there is to send.
  func nextResult() throws(PostgresError) -> OpaquePointer? {
    let handle = try alive()
    while true {
      let unsent = PQflush(handle)
      if unsent < 0 { throw lose() }
      if PQisBusy(handle) == 0 { break }
      try wait(for: Int16(POLLIN) | (unsent == 1 ? Int16(POLLOUT) : 0))
      // On failure libpq holds an error result, with the server's last words if there were any.
      if !consume(handle) { break }
    }
    let result = PQgetResult(handle)
    deliverNotifications(handle)
    return result
  }

  /// Reads what the socket has. False if the connection is broken.
  func consume(_ handle: OpaquePointer) -> Bool {
    if PQconsumeInput(handle) == 0 { return false }
    // A TLS record is decrypted as a whole, and libpq may have taken a part of it: what is left in the TLS library
    // does not make the socket readable. A record holds 16 kB and libpq takes at least 8.
    return PQsslInUse(handle) == 0 || PQconsumeInput(handle) == 1
  }

  /// Sends everything that libpq has buffered.
  func flush() throws(PostgresError) {
    let handle = try alive()
    while true {
      switch PQflush(handle) {
      case 0: return
      case 1:
        try wait(for: Int16(POLLIN) | Int16(POLLOUT))
        if !consume(handle) { throw lose() }
      default: throw lose()
      }
    }
  }

  /// Waits once for the socket. The deadline or the task's cancellation sends a cancellation to the server and the wait
  /// goes on; when the server does not answer that within the grace, the connection is dropped.
  func wait(for events: Int16) throws(PostgresError) {
    let handle = try alive()
    let now = Instant.now
    if operation.interruption == nil {
      if operation.ticket != 0, status.cancelledTicket.load(ordering: .acquiring) == operation.ticket {
        interrupt(.cancelled, now: now)
      } else if now >= operation.deadline {
        interrupt(.deadlineExceeded, now: now)
      }
    }
    if let graceEnd = operation.graceEnd, now >= graceEnd {
      throw lose(because: PostgresError(.connectionLost, "no answer to a cancellation", sqlstate: "08006"))
    }
    let until = operation.graceEnd ?? operation.deadline
    _ = thread.poll(PQsocket(handle), for: events, timeout: until.milliseconds(from: now))
  }

  /// Asks the server to cancel what it does for us.
  private func interrupt(_ kind: PostgresError.Kind, now: Instant) {
    operation.interruption = kind
    operation.graceEnd = now.advanced(by: settings.options.cancelGrace)
    if let handle { canceller = Canceller(handle, waking: thread) }
  }

  /// Makes sure that a cancellation that was sent cannot hit the next statement: waits until it was delivered, then
  /// offers it an empty statement.
  /// - Returns: whether it did hit the empty statement, and with it an open transaction.
  @discardableResult
  func settle() throws(PostgresError) -> Bool {
    guard let sent = canceller, !isCopying, handle != nil else { return false }
    canceller = nil
    let end = Instant.now.advanced(by: settings.options.cancelGrace)
    while !sent.isDone {
      let now = Instant.now
      guard now < end else {
        throw lose(because: PostgresError(.connectionLost, "no answer to a cancellation", sqlstate: "08006"))
      }
      _ = thread.poll(nil, for: 0, timeout: end.milliseconds(from: now))
    }
    operation.graceEnd = end
    let handle = try alive()
    guard PQsendQuery(handle, "") == 1 else { throw lose() }
    while let result = try nextResult() { PQclear(result) }
    if PQstatus(handle) == CONNECTION_BAD { throw lose() }
    return PQtransactionStatus(handle) == PQTRANS_INERROR
  }
}
