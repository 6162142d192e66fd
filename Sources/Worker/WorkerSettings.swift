import Queue

/// How a worker process behaves. Each setting says what happens when it is too low and too high.
public struct WorkerSettings: Sendable {
  /// Queues to work on; nil = all. A queue that no worker names waits for ever.
  public var queues: [String]?
  /// Most jobs of one claim, whatever the kind allows. Too low: round trips dominate. Too high: more jobs share the
  /// fate of a crash.
  public var batchLimit = 500
  /// Batches in flight at once; each takes a connection. Too low: the cores wait for the database. Too high: more
  /// memory and connections for nothing.
  public var concurrency = 4
  /// Threads that compute; 0 = one per core.
  public var computeThreads = 0
  /// How long the worker counts as alive after a heartbeat. Too low: a slow network looks like death. Too high: the
  /// jobs of an unreachable worker wait that long.
  public var lease: Duration = .seconds(15)
  /// Between two heartbeats, at most a third of the lease. Three missed ones of a dead process return its jobs.
  public var heartbeat: Duration = .seconds(1)
  /// Longest wait between two looks at the queue. Notifications make it rarely matter; without them it is the delay.
  public var poll: Duration = .seconds(1)
  /// Whether to LISTEN for new jobs. false = poll only.
  public var listens = true
  /// How long a stopping worker lets its jobs go on before it hands them back.
  public var drainLimit: Duration = .seconds(60)
  /// How long a claim under way may go on when the worker is to stop. Too low: its jobs may be claimed for nobody, and
  /// are returned by others. Too high: a worker whose server does not answer takes that long to stop.
  public var claimPatience: Duration = .seconds(1)
  /// How long a cancelled computation may take to notice before the worker ends without it.
  public var grace: Duration = .seconds(5)
  /// A batch's finished jobs wait at most this long for its slow ones before they are stored.
  public var flushInterval: Duration = .milliseconds(200)
  /// How long finished jobs stay in the history.
  public var retention: Duration = .seconds(30 * 86_400)

  /// The defaults.
  public init() {}

  /// - Throws: `WorkerSettingsError` naming the setting.
  public func validate() throws(WorkerSettingsError) {
    guard queues.map({ !$0.isEmpty && !$0.contains("") }) ?? true else {
      throw .init("queues: name at least one queue")
    }
    guard (1...10_000).contains(batchLimit) else { throw .init("batch limit: must be 1 to 10000, not \(batchLimit)") }
    guard (1...64).contains(concurrency) else { throw .init("concurrency: must be 1 to 64, not \(concurrency)") }
    guard (0...1024).contains(computeThreads) else {
      throw .init("compute threads: must be 0 (one per core) to 1024, not \(computeThreads)")
    }
    guard heartbeat >= .milliseconds(10) else { throw .init("heartbeat: must be at least 0.01 s") }
    guard heartbeat * 3 <= lease else {
      throw .init("heartbeat: \(heartbeat.seconds) s must be at most a third of the lease of \(lease.seconds) s")
    }
    guard poll >= .milliseconds(1) else { throw .init("poll: must be at least 0.001 s") }
    guard drainLimit >= .zero else { throw .init("drain limit: must not be negative") }
    guard retention >= .seconds(86_400) else { throw .init("retention: must be at least a day") }
  }
}

/// A setting that cannot work, and what would.
public struct WorkerSettingsError: Error, Sendable, CustomStringConvertible {
  /// Which setting, and what it may be.
  public let description: String

  init(_ description: String) {
    self.description = description
  }
}
