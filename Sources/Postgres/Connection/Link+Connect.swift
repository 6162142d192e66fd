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
    #if FAULT_INJECTION
      try refuseIfAsked()
    #endif
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
        switch try resolve(host) {
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

  /// A name's addresses, within the overall deadline.
  /// - Throws: kind `cancelled` alone; all else is a failure of this host.
  private func resolve(_ host: String) throws(PostgresError) -> Result<[String], PostgresError> {
    let resolver = Resolver(host, waking: thread)
    while true {
      if let result = resolver.result { return result }
      let now = Instant.now
      try checkCancellation()
      guard now < operation.deadline else {
        return .failure(
          PostgresError(
            .connectFailed, "host \(host) was not resolved within the time limit", sqlstate: "08001",
            hint: "check the system's name servers, or give the address as hostaddr"))
      }
      _ = thread.poll(nil, for: 0, timeout: operation.deadline.milliseconds(from: now))
    }
  }

  private func checkCancellation() throws(PostgresError) {
    if operation.ticket != 0, status.cancelledTicket.load(ordering: .acquiring) == operation.ticket {
      throw PostgresError(.cancelled, "the task was cancelled while connecting")
    }
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
      try checkCancellation()
      guard now < end else { throw silence(attempt) }
      let events = Int16(wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT)
      let ready = thread.poll(PQsocket(new), for: events, timeout: end.milliseconds(from: now))
      if ready == 0 { continue }
      wanted = PQconnectPoll(new)
      if wanted == PGRES_POLLING_FAILED { throw refusal(new, attempt) }
    }
    try beginSession(new, attempt)
    PQsetErrorVerbosity(new, PQERRORS_DEFAULT)
    guard PQsetnonblocking(new, 1) == 0 else { throw refusal(new, attempt) }
    isOpen = true
    handle = new
    status.serverProcess.store(PQbackendPID(new), ordering: .relaxed)
    status.serverVersion.store(Int(PQserverVersion(new)), ordering: .relaxed)
    lastFatal = nil
  }

  /// Finds out whether a proxy pools, and gives the session its settings unless one does: what is set behind a proxy
  /// would stay with a session that others use next. Such a connection sets them in each transaction (`Link+Pin`).
  ///
  /// A proxy that pools has to make up the process that it tells at login, for cancellations: the server knows better.
  private func beginSession(_ handle: OpaquePointer, _ attempt: Attempt) throws(PostgresError) {
    let isOurs = "pg_catalog.pg_backend_pid() OPERATOR(pg_catalog.=) \(PQbackendPID(handle))"
    let question = "SELECT pg_catalog.pg_backend_pid(), \(settings.pin(for: .session, where: isOurs))"
    guard PQsendQuery(handle, question) == 1 else { throw refusal(handle, attempt) }
    // A peer that answers this with an error is no PostgreSQL server and counts as pooled.
    var isPooled = true
    var failure: PostgresError?
    while true {
      let unsent = PQflush(handle)
      guard unsent >= 0, PQstatus(handle) == CONNECTION_OK else { throw refusal(handle, attempt) }
      if PQisBusy(handle) == 0 {
        guard let result = PQgetResult(handle) else { break }
        if PQresultStatus(result) == PGRES_TUPLES_OK, let text = PQgetvalue(result, 0, 0) {
          isPooled = Int32(String(cString: text)) != PQbackendPID(handle)
        } else if PQresultStatus(result) == PGRES_FATAL_ERROR {
          failure = error(of: result)
        }
        PQclear(result)
        continue
      }
      let now = Instant.now
      try checkCancellation()
      guard now < operation.deadline else { throw silence(attempt) }
      let events = Int16(POLLIN) | (unsent == 1 ? Int16(POLLOUT) : 0)
      if thread.poll(PQsocket(handle), for: events, timeout: operation.deadline.milliseconds(from: now)) != 0 {
        // A connection that breaks here shows in its status.
        _ = consume(handle)
      }
    }
    if let failure, failure.sqlstate == "42501" { throw Self.notOurs(failure) }
    status.isPooled.store(isPooled, ordering: .relaxed)
    preparesStatements = settings.options.preparesStatements ?? !isPooled
  }

  /// The error of a setting that a superuser gave the role or the database, and that the role may not take back.
  static func notOurs(_ failure: PostgresError) -> PostgresError {
    PostgresError(
      .configuration, "the session cannot have the settings that Twinmill works with: \(failure.message)",
      sqlstate: failure.sqlstate,
      hint: "a superuser takes it back: ALTER ROLE … RESET it, or ALTER DATABASE … RESET it")
  }

  private func silence(_ attempt: Attempt) -> PostgresError {
    PostgresError(
      .connectFailed, "no answer from \(attempt.label) within the time limit", sqlstate: "08001",
      hint: "check that PostgreSQL runs there and that no firewall drops packets; connect_timeout sets the limit")
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
    // Our own libpq gave up: as if the server had refused an empty password.
    if sqlstate == nil, PQconnectionNeedsPassword(handle) == 1 { sqlstate = "28P01" }
    let user = PQuser(handle).map { String(cString: $0) } ?? ""
    let database = PQdb(handle).map { String(cString: $0) } ?? ""
    let hint =
      switch sqlstate {
      case "28P01": "give the password of user \(user) in the URL, in PGPASSWORD or in ~/.pgpass"
      case "28000": "create the role \(user), or let it in through the server's pg_hba.conf"
      case "3D000": "create the database (createdb \(database)), or name another one in the URL"
      case "53300": "the server has no connection left: raise max_connections, or use smaller pools"
      case "08P01" where message.contains("startup parameter"):
        "a proxy takes no session settings: remove PGOPTIONS and options= from the URL and use ALTER ROLE … SET, or "
          + "let the proxy ignore them (PgBouncer: ignore_startup_parameters)"
      case "57P03": "the server is starting or stopping: try again in a moment"
      case .some: "see the server's log"
      case nil: "check that PostgreSQL runs at \(attempt.label), and that host and port are right"
      }
    return PostgresError(.connectFailed, message, sqlstate: sqlstate ?? "08001", hint: hint)
  }
}
