import FoundationEssentials
import Glibc
import Worker

/// Tells systemd how the service fares (sd_notify's protocol: one datagram per message to $NOTIFY_SOCKET). Without
/// systemd it does nothing.
struct SystemdNotifier: Supervisor {
  private let path: String?
  /// Half of the watchdog's period; nil: no watchdog.
  let watchdogInterval: Duration?

  /// Reads `NOTIFY_SOCKET` and `WATCHDOG_USEC` as systemd sets them for `Type=notify`.
  init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    path = environment["NOTIFY_SOCKET"].flatMap { $0.isEmpty ? nil : $0 }
    watchdogInterval = environment["WATCHDOG_USEC"].flatMap { Int64($0) }.map { .microseconds($0 / 2) }
  }

  /// Start-up is complete.
  func ready(_ status: String) { send("READY=1\nSTATUS=\(status)") }
  /// One line for `systemctl status`.
  func status(_ status: String) { send("STATUS=\(status)") }
  /// The main loops advance.
  func alive() {
    if watchdogInterval != nil { send("WATCHDOG=1") }
  }
  /// Stopping has begun and may take this long.
  func stopping(within limit: Duration) {
    send("STOPPING=1\nEXTEND_TIMEOUT_USEC=\(Int64(limit.seconds * 1e6))")
  }

  private func send(_ message: String) {
    guard let path else { return }
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
    // "@" stands for an abstract socket's leading NUL.
    if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let length = socklen_t(MemoryLayout.offset(of: \sockaddr_un.sun_path)! + bytes.count)
    _ = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { target in
        sendto(descriptor, message, message.utf8.count, Int32(MSG_NOSIGNAL), target, length)
      }
    }
  }
}
