import Glibc
import Postgres

/// Listens on 127.0.0.1 and never says anything.
public final class SilentServer: Sendable {
  /// Its port.
  public let port: Int
  private let socket: Int32

  /// Binds a free port.
  public init() throws {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = socket
    let bound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(descriptor, address, size) == 0 && listen(descriptor, 8) == 0
          && getsockname(descriptor, address, &size) == 0
      }
    }
    guard bound else {
      throw PostgresError(.connectFailed, "cannot listen on 127.0.0.1: \(String(cString: strerror(errno)))")
    }
    port = Int(UInt16(bigEndian: address.sin_port))
  }

  /// Returns when somebody has connected.
  public func accepted() async throws {
    while true {
      var waiting = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
      if poll(&waiting, 1, 0) > 0 { return }
      try await Task.sleep(for: .milliseconds(2))
    }
  }

  /// Ends it.
  public func close() { Glibc.close(socket) }
}
