import CLibpq
import Glibc
import Synchronization

/// Resolves a host's name on a thread of its own: `getaddrinfo` knows no deadline, and a name server that does not
/// answer must not hold up the caller beyond his.
final class Resolver: Sendable {
  private let host: String
  private let thread: ConnectionThread
  private let answer = Mutex<Result<[String], PostgresError>?>(nil)

  /// Begins; wakes `thread` when there is an answer.
  init(_ host: String, waking thread: ConnectionThread) {
    self.host = host
    self.thread = thread
    let status = DetachedThread.start { self.run() }
    if status != 0 {
      finish(.failure(PostgresError(.connectFailed, "cannot start a thread: \(String(cString: strerror(status)))")))
    }
  }

  /// The addresses in the system's order, or why there are none; nil until it is known.
  var result: Result<[String], PostgresError>? { answer.withLock { $0 } }

  private func finish(_ result: Result<[String], PostgresError>) {
    answer.withLock { $0 = result }
    thread.wake()
  }

  private func run() {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(host, nil, &hints, &list)
    defer { if list != nil { freeaddrinfo(list) } }
    var addresses: [String] = []
    var next = list
    while status == 0, let entry = next {
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      if getnameinfo(
        entry.pointee.ai_addr, entry.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
      {
        addresses.append(text.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" })
      }
      next = entry.pointee.ai_next
    }
    if !addresses.isEmpty { return finish(.success(addresses)) }
    finish(
      .failure(
        PostgresError(
          .connectFailed, "host \(host) is not known: \(String(cString: gai_strerror(status)))", sqlstate: "08001",
          hint: "check the host's name in the connection string or PGHOST")))
  }
}
