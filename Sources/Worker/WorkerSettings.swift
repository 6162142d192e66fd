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
  /// How long the goodbye of a stopping worker may wait for the server. Too low: the others have to find out that it is
  /// gone. Too high: a worker whose server does not answer takes that long to stop.
  public var farewell: Duration = .seconds(1)
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
    func check(_ isGood: Bool, _ setting: String, _ problem: String) throws(WorkerSettingsError) {
      if !isGood { throw WorkerSettingsError(setting, problem) }
    }
    try check(queues.map { !$0.isEmpty && !$0.contains("") } ?? true, "queues", "name at least one queue")
    try check((1...10_000).contains(batchLimit), "batch_limit", "must be 1 to 10000, not \(batchLimit)")
    try check((1...64).contains(concurrency), "concurrency", "must be 1 to 64, not \(concurrency)")
    try check(
      (0...1024).contains(computeThreads), "compute_threads",
      "must be 0 (one per core) to 1024, not \(computeThreads)")
    try check(heartbeat >= .milliseconds(10), "heartbeat_seconds", "must be at least 0.01")
    try check(
      heartbeat * 3 <= lease, "heartbeat_seconds",
      "\(heartbeat.seconds) s must be at most a third of TWINMILL_LEASE_SECONDS, which is \(lease.seconds) s")
    try check(poll >= .milliseconds(1), "poll_seconds", "must be at least 0.001")
    try check(drainLimit >= .zero, "drain_seconds", "must not be negative")
    try check(
      (.seconds(86_400)...(.seconds(36_500 * 86_400))).contains(retention), "retention_days", "must be 1 to 36500")
    try check(lease <= .seconds(86_400), "lease_seconds", "must be at most 86400")
    try check(poll <= .seconds(86_400), "poll_seconds", "must be at most 86400")
    try check(drainLimit <= .seconds(30 * 86_400), "drain_seconds", "must be at most 2592000")
  }
}

/// A setting whose value cannot work, and the values that can.
public struct WorkerSettingsError: Error, Sendable, CustomStringConvertible {
  /// As in the settings file under `twinmill:`, and behind `TWINMILL_` in the environment.
  public let setting: String
  /// The values that it may have.
  public let problem: String

  init(_ setting: String, _ problem: String) {
    self.setting = setting
    self.problem = problem
  }

  /// The setting, and the condition that its value must meet.
  public var description: String { "TWINMILL_\(setting.uppercased()): \(problem)" }
}
