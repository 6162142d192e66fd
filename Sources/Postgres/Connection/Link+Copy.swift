import CLibpq
import Glibc

// COPY, step by step. Between the steps `isCopying` keeps other statements out.

extension Link {
  /// Sends a COPY statement and enters its state.
  func beginCopy(_ sql: SQL, _ expected: ExecStatusType) throws(PostgresError) {
    let handle = try alive()
    guard sql.values.count == 0 else {
      throw PostgresError(
        .misuse, "COPY takes no parameters", sqlstate: "42P02", hint: "put the values into a temporary table")
    }
    guard PQsendQueryParams(handle, sql.text, 0, nil, nil, nil, nil, 1) == 1 else { throw lose() }
    guard let result = try nextResult() else { throw PostgresError(.protocolViolation, "COPY got no answer") }
    let status = PQresultStatus(result)
    if status == expected {
      let isBinary = PQbinaryTuples(result) == 1
      PQclear(result)
      isCopying = true
      if isBinary { return }
    } else if status == PGRES_FATAL_ERROR {
      let failure = error(of: result)
      PQclear(result)
      try finishResults(handle, failure)
      throw failure
    } else {
      PQclear(result)
    }
    let misuse = PostgresError(
      .misuse, "the statement is no COPY of the right direction in binary format",
      hint: "write COPY … FROM STDIN (FORMAT binary), or COPY … TO STDOUT (FORMAT binary)")
    switch status {
    case PGRES_COPY_IN: _ = PQputCopyEnd(handle, "not asked for")
    case PGRES_COPY_OUT: try discardCopy(handle)
    default: break
    }
    isCopying = false
    try finishResults(handle, misuse)
    throw misuse
  }

  /// Sends rows; returns when the system has taken them all.
  func pushCopy(_ bytes: [UInt8]) throws(PostgresError) {
    let handle = try alive()
    while true {
      let taken = bytes.withUnsafeBytes { bytes in
        PQputCopyData(handle, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count))
      }
      switch taken {
      case 1:
        try flush()
        return
      case 0:
        try wait(for: Int16(POLLIN) | Int16(POLLOUT))
        if !consume(handle) { throw lose() }
      default: throw lose()
      }
    }
  }

  /// Ends a COPY FROM STDIN.
  /// - Parameter reason: why it is to fail; nil to complete it.
  /// - Returns: the number of rows loaded.
  func endCopyIn(reason: String?) throws(PostgresError) -> Int {
    let handle = try alive()
    while true {
      let sent = PQputCopyEnd(handle, reason)
      if sent == 1 { break }
      guard sent == 0 else { throw lose() }
      try wait(for: Int16(POLLIN) | Int16(POLLOUT))
      if !consume(handle) { throw lose() }
    }
    isCopying = false
    var count = 0
    var failure: PostgresError?
    while let result = try nextResult() {
      if PQresultStatus(result) == PGRES_COMMAND_OK {
        count = PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0
      } else {
        failure = failure ?? error(of: result)
      }
      PQclear(result)
      if PQstatus(handle) == CONNECTION_BAD { throw lose(because: failure) }
    }
    if let failure { throw failure }
    return count
  }

  /// Receives rows until there are enough bytes, or no more at the moment; empty at the end of the COPY.
  func pullCopy(atLeast size: Int) throws(PostgresError) -> [UInt8] {
    let handle = try alive()
    var bytes: [UInt8] = []
    while true {
      var buffer: UnsafeMutablePointer<CChar>?
      let length = PQgetCopyData(handle, &buffer, 1)
      switch length {
      case 1...:
        bytes.append(contentsOf: UnsafeRawBufferPointer(start: buffer, count: Int(length)))
        PQfreemem(buffer)
        if bytes.count >= size { return bytes }
      case 0:
        // A notification or notice may have come without a row.
        if !bytes.isEmpty { return bytes }
        try wait(for: Int16(POLLIN))
        if !consume(handle) { throw lose() }
      default:
        isCopying = false
        try finishResults(handle, nil)
        return bytes
      }
    }
  }

  /// Stops a COPY TO STDOUT: cancels it and reads what is on its way.
  func abandonCopyOut() throws(PostgresError) {
    let handle = try alive()
    canceller = Canceller(handle, waking: thread)
    try discardCopy(handle)
    isCopying = false
    try finishResults(handle, nil)
  }

  /// Reads the rest of a statement's results.
  /// - Throws: the first error among them, unless one is known already.
  private func finishResults(_ handle: OpaquePointer, _ known: PostgresError?) throws(PostgresError) {
    var failure: PostgresError?
    while let result = try nextResult() {
      switch PQresultStatus(result) {
      case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: break
      default: failure = failure ?? error(of: result)
      }
      PQclear(result)
      if PQstatus(handle) == CONNECTION_BAD { throw lose(because: known ?? failure) }
    }
    if known == nil, let failure { throw failure }
  }
}
