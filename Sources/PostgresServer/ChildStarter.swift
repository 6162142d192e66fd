import Glibc
import Postgres

/// Starts a program on a thread of its own, which then waits for the program's end.
final class ChildStarter: Sendable {
  private let arguments: [String]
  private let environment: [String]
  /// Standard input, output and error.
  private let files: [Int32]
  private let started: CheckedContinuation<Result<pid_t, PostgresError>, Never>
  private let ended: @Sendable (Int32) -> Void

  init(
    arguments: [String], environment: [String], files: [Int32],
    started: CheckedContinuation<Result<pid_t, PostgresError>, Never>, ended: @escaping @Sendable (Int32) -> Void
  ) {
    self.arguments = arguments
    self.environment = environment
    self.files = files
    self.started = started
    self.ended = ended
  }

  /// Starts the thread. `started` is resumed exactly once.
  func launch() {
    let status = DetachedThread.start { self.run() }
    if status != 0 {
      started.resume(returning: .failure(ChildProcess.failure(arguments, status)))
    }
  }

  private func run() {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (target, file) in files.enumerated() {
      posix_spawn_file_actions_adddup2(&actions, file, Int32(target))
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // A group of its own, so that Ctrl-C in a terminal does not reach it before we have; no signal blocked.
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))
    let words = arguments.map { strdup($0) } + [nil]
    let variables = environment.map { strdup($0) } + [nil]
    defer { for pointer in words + variables { free(pointer) } }
    var id = pid_t()
    let status = words[0].map { posix_spawnp(&id, $0, &actions, &attributes, words, variables) } ?? EINVAL
    guard status == 0 else {
      started.resume(returning: .failure(ChildProcess.failure(arguments, status)))
      return
    }
    started.resume(returning: .success(id))
    var code: Int32 = 0
    while waitpid(id, &code, 0) < 0, errno == EINTR {}
    let signal = code & 0x7F
    ended(signal == 0 ? (code >> 8) & 0xFF : 128 + signal)
  }
}
