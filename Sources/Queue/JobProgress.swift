/// What a running computation tells of itself, from wherever it is: `JobProgress.report(40, "fitting models")`.
///
/// It changes nothing in the result, so that a computation that reports stays pure. Written to the database with the
/// worker's heartbeat, at most once a beat; read as `percent` and `message` in `twinmill.jobs`, also of earlier attempts.
public enum JobProgress {
  /// Where reports of the current task go; the worker sets it around each computation.
  @TaskLocal public static var sink: (@Sendable (JobQueue.Progress) -> Void)?

  /// - Parameters:
  ///   - percent: 0 … 100; nil: not known.
  ///   - message: in words; nil: none.
  public static func report(_ percent: Double?, _ message: String? = nil) {
    sink?(JobQueue.Progress(percent: percent, message: message))
  }
}
