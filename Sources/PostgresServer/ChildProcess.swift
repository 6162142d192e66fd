import CLibpq
import Glibc
import Postgres
import Synchronization

/// A program run by `posix_spawn`, without a shell.
///
/// A thread of its own starts it and waits for its end. This thread must outlive the child: the kernel sends a
/// parent-death signal when the thread that started a child ends, not when the process does.
public final class ChildProcess: Sendable {
  /// The output and exit status of a finished program.
  public struct Output: Sendable {
    /// Standard output.
    public let out: String
    /// Standard error.
    public let err: String
    /// The exit status; 128 plus the signal's number for a program that a signal ended.
    public let status: Int32
  }

  private struct State {
    var status: Int32?
    var waiting: [CheckedContinuation<Int32, Never>] = []
  }

  /// The process id.
  public let id: pid_t
  private let state: Shared

  /// Shared with the waiting thread.
  private final class Shared: Sendable {
    let state = Mutex(State())

    func ended(_ status: Int32) {
      let waiting = state.withLock { state in
        state.status = status
        defer { state.waiting = [] }
        return state.waiting
      }
      for continuation in waiting { continuation.resume(returning: status) }
    }
  }

  private init(id: pid_t, state: Shared) {
    self.id = id
    self.state = state
  }

  /// The exit status, when the program has ended.
  public func wait() async -> Int32 {
    await withCheckedContinuation { continuation in
      let status = state.state.withLock { state -> Int32? in
        if state.status == nil { state.waiting.append(continuation) }
        return state.status
      }
      if let status { continuation.resume(returning: status) }
    }
  }

  /// True until the program has ended and was waited for.
  public var isRunning: Bool { state.state.withLock { $0.status == nil } }

  /// Sends a signal, unless the program has ended.
  public func signal(_ number: Int32) {
    // Under the lock: the id is not free for another process before `status` is set.
    state.state.withLock { state in
      if state.status == nil { _ = kill(id, number) }
    }
  }

  /// Starts a program.
  /// - Parameters:
  ///   - arguments: the program (a path, or a name that PATH knows) and its arguments.
  ///   - environment: variables to add to ours; nil removes one.
  ///   - input: standard input; /dev/null unless given. The descriptors stay the caller's.
  ///   - output: standard output; /dev/null unless given.
  ///   - error: standard error; /dev/null unless given.
  /// - Throws: kind `configuration` if it cannot be started.
  public static func start(
    _ arguments: [String], environment: [String: String?] = [:], input: Int32? = nil, output: Int32? = nil,
    error: Int32? = nil
  ) async throws(PostgresError) -> ChildProcess {
    let null = Glibc.open("/dev/null", O_RDWR | O_CLOEXEC)
    defer { close(null) }
    let shared = Shared()
    let variables = Self.variables(changing: environment)
    let files = [input ?? null, output ?? null, error ?? null]
    let result = await withCheckedContinuation { continuation in
      ChildStarter(
        arguments: arguments, environment: variables, files: files, started: continuation,
        ended: { shared.ended($0) }
      ).launch()
    }
    return ChildProcess(id: try result.get(), state: shared)
  }

  static func failure(_ arguments: [String], _ status: Int32) -> PostgresError {
    PostgresError(.configuration, "cannot run \(arguments.first ?? ""): \(String(cString: strerror(status)))")
  }

  private static func variables(changing changes: [String: String?]) -> [String] {
    var variables: [String] = []
    var next = environ
    while let entry = next.pointee {
      let variable = String(cString: entry)
      let name = variable.prefix { $0 != "=" }
      if changes[String(name)] == nil { variables.append(variable) }
      next += 1
    }
    return variables + changes.compactMap { name, value in value.map { "\(name)=\($0)" } }
  }

  /// Runs a program to its end and collects its output.
  /// - Parameters:
  ///   - arguments: the program and its arguments.
  ///   - environment: variables to add to ours; nil removes one.
  ///   - input: what it reads from standard input.
  /// - Throws: kind `configuration` if it cannot be started.
  public static func run(
    _ arguments: [String], environment: [String: String?] = [:], input: String = ""
  ) async throws(PostgresError) -> Output {
    // Files in memory: they take any amount, so that nothing can block on a full pipe.
    let files = ["in", "out", "err"].map { (name: String) in memfd_create(name, 1) }  // MFD_CLOEXEC
    defer { for file in files where file >= 0 { close(file) } }
    guard files.allSatisfy({ $0 >= 0 }) else { throw failure(arguments, errno) }
    var rest = Array(input.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(files[0], $0.baseAddress, $0.count) }
      guard count > 0 else { throw failure(arguments, errno) }
      rest.removeFirst(count)
    }
    lseek(files[0], 0, SEEK_SET)
    let child = try await start(arguments, environment: environment, input: files[0], output: files[1], error: files[2])
    let status = await child.wait()
    return Output(out: contents(of: files[1]), err: contents(of: files[2]), status: status)
  }

  private static func contents(of file: Int32) -> String {
    let size = max(0, Int(lseek(file, 0, SEEK_END)))
    return String(
      decoding: [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        while count < size {
          let read = pread(file, buffer.baseAddress.map { $0 + count }, size - count, off_t(count))
          if read <= 0 { break }
          count += read
        }
      }, as: UTF8.self)
  }
}
