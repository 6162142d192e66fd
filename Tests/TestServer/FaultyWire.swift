import Glibc
import Postgres
import Synchronization

/// A wire between programs and a test server that can be cut, slow, or swallow everything without a word. It is a Unix
/// socket of its own: `host=\(folder)` leads through it.
public final class FaultyWire: Sendable {
  /// The folder of its socket.
  public let folder: String
  private let target: String
  private let listener: Int32
  private let isHeld = Atomic(false)
  private let delayMilliseconds = Atomic(0)
  private let isOpen = Atomic(true)
  private let ends = Mutex<Set<Int32>>([])

  /// Starts one.
  public init(to database: TestDatabase) throws {
    folder = "/tmp/twinmill-wire-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    target = "\(database.server.socketFolder)/.s.PGSQL.5432"
    mkdir(folder, 0o700)
    listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    let bound = Self.withAddress("\(folder)/.s.PGSQL.5432") { [listener] in bind(listener, $0, $1) }
    guard bound == 0, listen(listener, 64) == 0 else {
      throw PostgresError(.connectFailed, "cannot listen in \(folder): \(String(cString: strerror(errno)))")
    }
    Self.thread { [self] in accept() }
  }

  /// The URL of a database through it.
  public func url(of database: TestDatabase) -> String { "postgres://postgres@/\(database.name)?host=\(folder)" }

  /// From now on nothing is delivered, either way, nor refused: a network that lost its packets. New connections hang.
  public func hold() { isHeld.store(true, ordering: .sequentiallyConsistent) }

  /// Delivers again, also what was sent meanwhile.
  public func release() { isHeld.store(false, ordering: .sequentiallyConsistent) }

  /// Each block of bytes takes up to so long.
  public func delay(upTo milliseconds: Int) { delayMilliseconds.store(milliseconds, ordering: .relaxed) }

  /// Breaks every connection off.
  public func cut() {
    ends.withLock { ends in
      for end in ends { shutdown(end, Int32(SHUT_RDWR)) }
    }
  }

  /// Ends it.
  public func close() {
    isOpen.store(false, ordering: .sequentiallyConsistent)
    isHeld.store(false, ordering: .sequentiallyConsistent)
    shutdown(listener, Int32(SHUT_RDWR))
    cut()
    unlink("\(folder)/.s.PGSQL.5432")
    rmdir(folder)
  }

  private func accept() {
    while isOpen.load(ordering: .sequentiallyConsistent) {
      let client = Glibc.accept(listener, nil, nil)
      guard client >= 0 else { continue }
      let server = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      guard Self.withAddress(target, { connect(server, $0, $1) }) == 0 else {
        Glibc.close(client)
        Glibc.close(server)
        continue
      }
      ends.withLock { $0.formUnion([client, server]) }
      // The later one closes both.
      let running = Shared()
      for (from, to) in [(client, server), (server, client)] {
        Self.thread { [self] in
          pump(from, to)
          shutdown(from, Int32(SHUT_RDWR))
          shutdown(to, Int32(SHUT_RDWR))
          guard running.count.add(1, ordering: .acquiringAndReleasing).newValue == 2 else { return }
          ends.withLock { $0.subtract([client, server]) }
          Glibc.close(client)
          Glibc.close(server)
        }
      }
    }
    Glibc.close(listener)
  }

  private final class Shared: Sendable { let count = Atomic(0) }

  private func pump(_ from: Int32, _ to: Int32) {
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = read(from, &buffer, buffer.count)
      guard count > 0 else { return }
      let delay = delayMilliseconds.load(ordering: .relaxed)
      if delay > 0 { usleep(UInt32.random(in: 0...UInt32(delay * 1000))) }
      while isHeld.load(ordering: .sequentiallyConsistent) { usleep(2000) }
      var sent = 0
      while sent < count {
        let written = buffer.withUnsafeBytes {
          send(to, $0.baseAddress! + sent, count - sent, Int32(MSG_NOSIGNAL))
        }
        guard written > 0 else { return }
        sent += written
      }
    }
  }

  private static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    precondition(path.utf8.count < MemoryLayout.size(ofValue: address.sun_path), "a socket's path is short")
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
  }

  private final class Work: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  private static func thread(_ run: @escaping @Sendable () -> Void) {
    var id = pthread_t()
    let work = Unmanaged.passRetained(Work(run)).toOpaque()
    let started = pthread_create(
      &id, nil,
      { argument in
        Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue().run()
        return nil
      }, work)
    precondition(started == 0, "a thread can be started")
    pthread_detach(id)
  }
}
