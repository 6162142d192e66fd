import DequeModule
import Dispatch
import Glibc
import Postgres
import Synchronization

/// Threads of their own for computing, so that no job, however greedy, keeps the daemon from its heartbeat, its
/// database or its signals: those run on Swift's shared threads.
public final class ComputePool: TaskExecutor {
  private let jobs = Mutex<Deque<UnownedJob>>([])
  private let ready = DispatchSemaphore(value: 0)
  /// How many computations run at once.
  public let width: Int

  /// - Parameter threads: 0 = one per core.
  /// - Throws: `WorkerSettingsError` when the system gives no more threads.
  public init(threads: Int = 0) throws(WorkerSettingsError) {
    width = threads > 0 ? threads : max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    for _ in 0..<width {
      // The threads live as long as the process: the pool keeps itself alive.
      let status = DetachedThread.start { self.work() }
      guard status == 0 else {
        throw WorkerSettingsError(
          "compute_threads",
          "cannot start \(width) threads: \(String(cString: strerror(status))); ask for fewer")
      }
    }
  }

  /// Runs a job on the next free thread.
  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    jobs.withLock { $0.append(job) }
    ready.signal()
  }

  private func work() -> Never {
    while true {
      ready.wait()
      if let job = jobs.withLock({ $0.popFirst() }) {
        job.runSynchronously(on: asUnownedTaskExecutor())
      }
    }
  }
}
