import Files
import FoundationEssentials
import Glibc
import Postgres
import PostgresServer
import Simulation

/// A worker process of this same program, or a scheduler, with a log in the stage's folder. It dies with the benchmark.
final class BenchWorker: Sendable {
  private let process: ChildProcess
  private let log: String

  private init(process: ChildProcess, log: String) {
    self.process = process
    self.log = log
  }

  /// Starts `twinmill worker`.
  /// - Parameter queue: that it works on.
  /// - Parameter environment: over the caller's own; nil removes a variable.
  static func start(
    _ stage: BenchStage, queue: String = BenchStage.queue, environment: [String: String?] = [:]
  ) async throws -> BenchWorker {
    try await start(stage, ["worker", "--queues", queue], environment: environment)
  }

  /// Starts `twinmill scheduler`.
  static func startScheduler(_ stage: BenchStage) async throws -> BenchWorker {
    try await start(stage, ["scheduler"], environment: ["TWINMILL_LOG_LEVEL": "warning"])
  }

  private static func start(
    _ stage: BenchStage, _ arguments: [String], environment: [String: String?]
  ) async throws -> BenchWorker {
    let log = "\(stage.folder)/worker.log"
    let file = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw CommandFailure("cannot write \(log): \(String(cString: strerror(errno)))") }
    defer { close(file) }
    let process = try await ChildProcess.start(
      ["setpriv", "--pdeathsig", "KILL", "--", ThisProgram.file] + arguments,
      environment: environment.merging(["DATABASE_URL": stage.url]) { $1 }, output: file, error: file)
    return BenchWorker(process: process, log: log)
  }

  /// Runs `body` beside a worker, which is stopped afterwards.
  static func with<R>(
    _ stage: BenchStage, queue: String = BenchStage.queue, environment: [String: String?] = [:],
    _ body: (BenchWorker) async throws -> R
  ) async throws -> R {
    let worker = try await start(stage, queue: queue, environment: environment)
    do {
      let result = try await body(worker)
      await worker.stop()
      return result
    } catch {
      await worker.kill()
      throw error
    }
  }

  /// The process's id: setpriv becomes the worker.
  var id: pid_t { process.id }

  /// SIGTERM, and its end.
  func stop() async {
    process.signal(SIGTERM)
    _ = await process.wait()
  }

  /// SIGKILL, and its end.
  func kill() async {
    process.signal(SIGKILL)
    _ = await process.wait()
  }

  /// - Throws: `CommandFailure` when the worker has ended; what it said last goes to standard error.
  func check() throws {
    guard !process.isRunning else { return }
    let text = FileManager.default.contents(atPath: log).map { String(decoding: $0, as: UTF8.self) } ?? ""
    StandardError.write(text.split(separator: "\n").suffix(20).joined(separator: "\n") + "\n")
    throw CommandFailure("a worker has ended in the middle of a measurement; the end of its log stands above")
  }

  /// Resident memory now and at its highest, in MB (2^20 bytes).
  func memory() -> (now: Double, peak: Double) {
    let text = FileManager.default.contents(atPath: "/proc/\(id)/status").map { String(decoding: $0, as: UTF8.self) }
    func megabytes(_ field: String) -> Double {
      let line = text?.split(separator: "\n").first { $0.hasPrefix(field + ":") }
      let kilobytes = line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Double($0) }
      return ((kilobytes ?? 0) / 1024).rounded(to: 1)
    }
    return (megabytes("VmRSS"), megabytes("VmHWM"))
  }

  /// Seconds of processor time so far, user and system.
  func processorSeconds() -> Double {
    let text = FileManager.default.contents(atPath: "/proc/\(id)/stat").map { String(decoding: $0, as: UTF8.self) }
    // Behind the name, which stands in parentheses: state is field 3, utime 14, stime 15.
    let fields = text?.split(separator: ")").last?.split(separator: " ") ?? []
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }
}
