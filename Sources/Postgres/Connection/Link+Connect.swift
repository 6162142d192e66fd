import CLibpq
import Glibc

// Opening a connection. libpq's asynchronous way leaves time limits to us, also the one per address: so each address
// is an attempt of its own, in the order in which libpq would try them.

extension Link {
  /// One address to try.
  struct Attempt {
    var parameters: [String: String]
    /// Host and port, for messages.
    var label: String
  }

  /// Connects to the first address that is what `target_session_attrs` asks for.
  func connect(ticket: UInt64) throws(PostgresError) {
    let parameters = try settings.connectParameters()
    let limit = settings.options.openDeadline
    operation = Operation(ticket: ticket, deadline: Instant.now.advanced(by: limit), limit: limit)
    var failures: [PostgresError] = []
    for attempt in try attempts(parameters, &failures) {
      do {
        try connect(attempt)
        return
      } catch {
        if error.kind == .cancelled { throw error }
        failures.append(error)
        // Whom the server refuses by name, every other address of it would refuse too.
        if ["28", "3D"].contains(error.sqlstate?.prefix(2) ?? "") || Instant.now >= operation.deadline { break }
      }
    }
    let last = failures.last ?? PostgresError(.connectFailed, "no host to connect to")
    var seen: Set<String> = []
    let messages = failures.map(\.message).filter { seen.insert($0).inserted }
    throw last.changing {
      $0.message = "cannot connect to PostgreSQL (\(settings)): \(messages.joined(separator: "; "))"
    }
  }

  /// The addresses in order; a host that cannot be resolved becomes a failure. `prefer-standby` goes round twice.
  private func attempts(
    _ parameters: [String: String], _ failures: inout [PostgresError]
  ) throws(PostgresError) -> [Attempt] {
    // Only libpq reads service files: it tries their hosts by itself, within our overall deadline.
    if parameters["service"] != nil { return [Attempt(parameters: parameters, label: "service")] }
    let known = try settings.parameters()
    func list(_ keyword: String) -> [String] {
      known[keyword]?.split(separator: ",", omittingEmptySubsequences: false).map(String.init) ?? []
    }
    let (hosts, addresses, ports) = (list("host"), list("hostaddr"), list("port"))
    let count = max(hosts.count, addresses.count, 1)
    guard hosts.count <= 1 || addresses.count <= 1 || hosts.count == addresses.count,
      ports.count <= 1 || ports.count == count
    else {
      throw PostgresError(
        .configuration, "\(count) host(s), \(addresses.count) address(es) and \(ports.count) port(s) do not match",
        hint: "give one port for all hosts, or one for each")
    }
    var attempts: [Attempt] = []
    for index in 0..<count {
      var one = parameters
      let host = hosts.indices.contains(index) ? hosts[index] : ""
      let port = ports.count > 1 ? ports[index] : ports.first ?? ""
      if !host.isEmpty { one["host"] = host }
      if !port.isEmpty { one["port"] = port }
      let label = "\(host.isEmpty ? "local socket" : host), port \(port.isEmpty ? "5432" : port)"
      if addresses.indices.contains(index), !addresses[index].isEmpty {
        one["hostaddr"] = addresses[index]
        attempts.append(Attempt(parameters: one, label: label))
      } else if host.isEmpty || host.hasPrefix("/") || host.hasPrefix("@") {
        attempts.append(Attempt(parameters: one, label: label))
      } else {
        switch resolve(host) {
        case .success(let found):
          for address in found {
            one["hostaddr"] = address
            attempts.append(
              Attempt(parameters: one, label: "\(host) (\(address)), port \(port.isEmpty ? "5432" : port)"))
          }
        case .failure(let error): failures.append(error)
        }
      }
    }
    guard known["target_session_attrs"] == "prefer-standby", attempts.count > 1 else { return attempts }
    return ["standby", "any"].flatMap { wanted in
      attempts.map { attempt in
        var attempt = attempt
        attempt.parameters["target_session_attrs"] = wanted
        return attempt
      }
    }
  }

  /// A name's addresses. Blocks, as libpq would; this thread is ours.
  private func resolve(_ host: String) -> Result<[String], PostgresError> {
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
    if !addresses.isEmpty { return .success(addresses) }
    return .failure(
      PostgresError(
        .connectFailed, "host \(host) is not known: \(String(cString: gai_strerror(status)))", sqlstate: "08001",
        hint: "check the host's name in the connection string or PGHOST"))
  }

  private func connect(_ attempt: Attempt) throws(PostgresError) {
    let pairs = attempt.parameters.map { (strdup($0.key), strdup($0.value)) }
    defer {
      for (keyword, value) in pairs {
        free(keyword)
        free(value)
      }
    }
    let keywords = pairs.map { UnsafePointer($0.0) } + [nil]
    let values = pairs.map { UnsafePointer($0.1) } + [nil]
    guard let new = PQconnectStartParams(keywords, values, 0) else {
      throw PostgresError(.connectFailed, "out of memory")
    }
    var isOpen = false
    defer { if !isOpen { PQfinish(new) } }
    receiveNotices(of: new)
    // The only way to learn the SQLSTATE of a refused connection.
    PQsetErrorVerbosity(new, PQERRORS_VERBOSE)
    // Rounded as libpq does: 0 or less waits without end, 1 counts as 2.
    let seconds = attempt.parameters["connect_timeout"].flatMap { Int($0) } ?? 0
    let end =
      seconds > 0
      ? min(operation.deadline, Instant.now.advanced(by: .seconds(max(seconds, 2)))) : operation.deadline
    guard PQstatus(new) != CONNECTION_BAD else { throw refusal(new, attempt) }
    var wanted = PGRES_POLLING_WRITING
    while wanted != PGRES_POLLING_OK {
      let now = Instant.now
      if operation.ticket != 0, status.cancelledTicket.load(ordering: .acquiring) == operation.ticket {
        throw PostgresError(.cancelled, "the task was cancelled while connecting")
      }
      guard now < end else {
        throw PostgresError(
          .connectFailed, "no answer from \(attempt.label) within the time limit", sqlstate: "08001",
          hint: "check that PostgreSQL runs there and that no firewall drops packets; connect_timeout sets the limit")
      }
      let events = Int16(wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT)
      let ready = thread.poll(PQsocket(new), for: events, timeout: end.milliseconds(from: now))
      if ready == 0 { continue }
      wanted = PQconnectPoll(new)
      if wanted == PGRES_POLLING_FAILED { throw refusal(new, attempt) }
    }
    PQsetErrorVerbosity(new, PQERRORS_DEFAULT)
    guard PQsetnonblocking(new, 1) == 0 else { throw refusal(new, attempt) }
    isOpen = true
    handle = new
    status.serverProcess.store(PQbackendPID(new), ordering: .relaxed)
    status.serverVersion.store(Int(PQserverVersion(new)), ordering: .relaxed)
    lastFatal = nil
  }

  /// The error of a failed attempt, with a remedy.
  private func refusal(_ handle: OpaquePointer, _ attempt: Attempt) -> PostgresError {
    var message = String(cString: PQerrorMessage(handle))
    var sqlstate: String?
    if let match = message.firstMatch(of: #/([A-Z]+:  )([0-9A-Z]{5}): /#) {
      sqlstate = String(match.2)
      message.replaceSubrange(match.range, with: match.1)
    }
    // The server's source position is the last line of a verbose message.
    let lines = message.split(separator: "\n").filter { $0.firstMatch(of: #/\.c:[0-9]+$/#) == nil }
    message = lines.map { $0.drop(while: \.isWhitespace) }.joined(separator: "; ")
    let user = PQuser(handle).map { String(cString: $0) } ?? ""
    let database = PQdb(handle).map { String(cString: $0) } ?? ""
    let hint =
      switch sqlstate {
      case "28P01": "give the password of user \(user) in the URL, in PGPASSWORD or in ~/.pgpass"
      case "28000": "create the role \(user), or let it in through the server's pg_hba.conf"
      case "3D000": "create the database (createdb \(database)), or name another one in the URL"
      case "53300": "the server has no connection left: raise max_connections, or use smaller pools"
      case "57P03": "the server is starting or stopping: try again in a moment"
      case .some: "see the server's log"
      case nil where PQconnectionNeedsPassword(handle) == 1:
        "give the password of user \(user) in the URL, in PGPASSWORD or in ~/.pgpass"
      case nil: "check that PostgreSQL runs at \(attempt.label), and that host and port are right"
      }
    return PostgresError(.connectFailed, message, sqlstate: sqlstate ?? "08001", hint: hint)
  }
}
