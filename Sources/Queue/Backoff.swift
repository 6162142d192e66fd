/// How long a failed job waits: exponential with jitter.
public enum Backoff {
  /// No wait is longer than this.
  public static let longest: Duration = .seconds(3600)

  /// `base · 2^(errors − 1)`, at most an hour, then spread over ±10 % so that jobs that failed together do not come
  /// back together.
  /// - Parameters:
  ///   - errors: how many attempts have ended in an error, this one included; at least 1.
  ///   - spread: uniform in -1 … 1.
  public static func delay(base: Duration, errors: Int, spread: Double) -> Duration {
    let doublings = min(max(errors - 1, 0), 30)
    let grown = min(base * (1 << doublings), longest)
    return grown * (1 + 0.1 * spread)
  }
}
