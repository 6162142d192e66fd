import CLibpq
import Glibc
import Synchronization

/// A thread that runs the jobs of one connection's actor, and waits for its socket when there are none.
///
/// libpq is called from here only, so it may block here without holding a thread of Swift's pool. Once the thread has
/// ended, jobs of an actor that is still referenced run on the enqueuing thread, one at a time: all they find is a
/// closed connection.
///
/// `@unchecked Sendable`: `link` is set once before the thread starts and used on the thread only; everything else is
/// behind `state` or immutable.
final class ConnectionThread: SerialExecutor, @unchecked Sendable {
  private struct State {
    var jobs: [UnownedJob] = []
    var isSleeping = false
    var isStopping = false
    var hasEnded = false
    /// Some thread is running the jobs of an ended connection.
    var isDraining = false
    var thread: pthread_t?
  }

  private let state = Mutex(State())
  private let wakeDescriptor: Int32
  /// Immutable after `start`.
  private var link: Link?

  /// - Throws: kind `connectFailed` if the process has no file descriptor left.
  init() throws(PostgresError) {
    wakeDescriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
    guard wakeDescriptor >= 0 else {
      throw PostgresError(
        .connectFailed, "cannot create an eventfd: \(String(cString: strerror(errno)))",
        hint: "raise the limit of open files (ulimit -n)")
    }
  }

  deinit { close(wakeDescriptor) }

  /// Starts the thread, which keeps itself alive until `stop`.
  /// - Throws: kind `connectFailed` if the system has no thread left.
  func start(_ link: Link) throws(PostgresError) {
    self.link = link
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, 1 << 20)
    // The thread starts with all signals blocked: they belong to the program's own threads.
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    var thread = pthread_t()
    let me = Unmanaged.passRetained(self)
    let status = pthread_create(
      &thread, &attributes,
      { argument in
        if let argument { Unmanaged<ConnectionThread>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
      }, me.toOpaque())
    guard status == 0 else {
      me.release()
      self.link = nil
      state.withLock { $0.hasEnded = true }
      throw PostgresError(
        .connectFailed, "cannot start a thread: \(String(cString: strerror(status)))",
        hint: "raise the limit of threads (ulimit -u, TasksMax)")
    }
    pthread_setname_np(thread, String(decoding: link.settings.options.threadName.utf8.prefix(15), as: UTF8.self))
  }

  /// Lets the thread end when its jobs are done; the link is finished by then.
  func stop() {
    let mustWake = state.withLock { state in
      state.isStopping = true
      defer { state.isSleeping = false }
      return state.isSleeping
    }
    if mustWake { wake() }
  }

  /// Interrupts the thread's wait, whether it waits for jobs or for an answer.
  func wake() {
    var one: UInt64 = 1
    // Fails only if the counter is at its maximum, and then the thread is awake already.
    _ = write(wakeDescriptor, &one, 8)
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    enum Next { case nothing, wake, drain }
    let next = state.withLock { state -> Next in
      state.jobs.append(job)
      if state.hasEnded {
        defer { state.isDraining = true }
        return state.isDraining ? .nothing : .drain
      }
      defer { state.isSleeping = false }
      return state.isSleeping ? .wake : .nothing
    }
    switch next {
    case .nothing: break
    case .wake: wake()
    case .drain: drain()
    }
  }

  /// Runs the jobs of an ended connection, on the thread that brought the first.
  private func drain() {
    while true {
      let jobs = state.withLock { state -> [UnownedJob] in
        defer { state.jobs = [] }
        state.isDraining = !state.jobs.isEmpty
        return state.jobs
      }
      if jobs.isEmpty { return }
      for job in jobs { job.runSynchronously(on: asUnownedSerialExecutor()) }
    }
  }

  private func run() {
    enum Next { case jobs([UnownedJob]), sleep, end }
    state.withLock { $0.thread = pthread_self() }
    while true {
      let next = state.withLock { state -> Next in
        if !state.jobs.isEmpty {
          defer { state.jobs.removeAll() }
          return .jobs(state.jobs)
        }
        if state.isStopping {
          return .end
        }
        state.isSleeping = true
        return .sleep
      }
      switch next {
      case .jobs(let jobs):
        for job in jobs { job.runSynchronously(on: asUnownedSerialExecutor()) }
      case .sleep:
        let socketIsReady = poll(link?.idleSocket, for: Int16(POLLIN), timeout: -1) != 0
        state.withLock { $0.isSleeping = false }
        if socketIsReady { link?.receiveWhileIdle() }
      case .end:
        link?.finish()
        let isLast = state.withLock { state in
          // A job that came while the link was finished is run first.
          state.hasEnded = state.jobs.isEmpty
          return state.hasEnded
        }
        if isLast { return }
      }
    }
  }

  /// True on the thread, and where it has ended and others run its jobs. An actor's closure that captures nothing of
  /// the actor runs elsewhere: `assert` this where libpq is called.
  var isCurrent: Bool {
    state.withLock { $0.hasEnded || ($0.thread.map { pthread_equal($0, pthread_self()) != 0 } ?? false) }
  }

  /// Waits for the socket or a wake-up, on the thread.
  /// - Parameters:
  ///   - socket: the descriptor; nil waits for wake-ups alone.
  ///   - events: `POLLIN`, `POLLOUT`.
  ///   - timeout: milliseconds; negative waits without end.
  /// - Returns: what the socket is ready for; 0 after a wake-up, a signal or the timeout.
  func poll(_ socket: Int32?, for events: Int16, timeout: Int32) -> Int16 {
    withUnsafeTemporaryAllocation(of: pollfd.self, capacity: 2) { descriptors in
      descriptors.initializeElement(at: 0, to: pollfd(fd: wakeDescriptor, events: Int16(POLLIN), revents: 0))
      // poll(2) ignores negative descriptors.
      descriptors.initializeElement(at: 1, to: pollfd(fd: socket ?? -1, events: events, revents: 0))
      guard Glibc.poll(descriptors.baseAddress, 2, timeout) > 0 else { return 0 }
      if descriptors[0].revents != 0 {
        var count: UInt64 = 0
        _ = read(wakeDescriptor, &count, 8)
      }
      return descriptors[1].revents
    }
  }
}
