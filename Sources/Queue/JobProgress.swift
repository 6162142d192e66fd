/// What a running computation tells of itself, from wherever it is: `JobProgress.report(40, "fitting models")`.
///
/// It changes nothing in the result, so that a computation that reports stays pure. Written to the database with the
/// worker's heartbeat, at most once a beat; read as `percent` and `message` in `twinmill.jobs`, also of earlier attempts.
public enum JobProgress {
  /// Where reports of the current task go; the worker sets it around each computation.
  @TaskLocal public static var sink: Sink?

  /// A function as a value with a type of its own: the optimizer of Swift 6.3 loses the metadata of a task-local
  /// function's type (signal 11 in `swift_task_localValuePush`).
  public struct Sink: Sendable {
    let report: @Sendable (JobQueue.Progress) -> Void

    /// A sink that hands reports to a function.
    public init(_ report: @escaping @Sendable (JobQueue.Progress) -> Void) {
      self.report = report
    }
  }

  /// - Parameters:
  ///   - percent: 0 … 100; nil: not known.
  ///   - message: in words; nil: none.
  public static func report(_ percent: Double?, _ message: String? = nil) {
    sink?.report(JobQueue.Progress(percent: percent, message: message))
  }
}
