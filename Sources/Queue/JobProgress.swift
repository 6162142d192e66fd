/// Progress of a running computation, reported from wherever it is: `JobProgress.report(40, "fitting models")`.
///
/// A report changes nothing in the result: a computation that reports stays pure. The worker writes the newest report
/// to the database with its next heartbeat. `percent` and `message` in `twinmill.jobs` show it, also of earlier
/// attempts.
public enum JobProgress {
  /// Where reports of the current task go; the worker sets it around each computation.
  @TaskLocal public static var sink: ProgressSink?

  /// - Parameters:
  ///   - percent: 0 … 100; nil: not known.
  ///   - message: in words; nil: none.
  public static func report(_ percent: Double?, _ message: String? = nil) {
    sink?.report(JobQueue.Progress(percent: percent, message: message))
  }
}

extension JobQueue {
  /// The progress of a running job.
  public struct Progress: Sendable {
    /// 0 … 100; nil: not known.
    public var percent: Double?
    /// In words.
    public var message: String?

    /// Progress as a job tells it.
    public init(percent: Double?, message: String?) {
      self.percent = percent
      self.message = message
    }
  }
}

/// Takes the reports of a computation. An object: as a bare closure in a task-local value it crashes the release build
/// of Swift 6.3.1.
public final class ProgressSink: Sendable {
  let report: @Sendable (JobQueue.Progress) -> Void

  /// - Parameter report: called with each report, from wherever the computation is.
  public init(_ report: @escaping @Sendable (JobQueue.Progress) -> Void) {
    self.report = report
  }
}
