import Files
import Glibc
import Inference

/// One intervention on one series.
struct EffectQuestion: Sendable {
  let panel: PanelFile.Panel
  /// Line of the plan.
  let line: Int
  /// Sample of the start.
  let start: Int
  /// Sample at which the evaluation ends, exclusive.
  let end: Int
  /// Samples at which other interventions on the series start.
  let others: [Int]

  struct Answer: Sendable {
    let estimate: Result<EffectEstimate, InferenceError>
    /// Processor time.
    let seconds: Double
  }

  /// Estimates, and measures the time that the processor spends on it: what else runs on the machine does not count.
  func answer(_ estimator: EffectEstimator) -> Answer {
    let begin = Self.processorSeconds()
    let estimate = estimate(estimator)
    return Answer(estimate: estimate, seconds: Self.processorSeconds() - begin)
  }

  private static func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  private func estimate(_ estimator: EffectEstimator) -> Result<EffectEstimate, InferenceError> {
    let series = panel.columns.map { Array($0.prefix(max(end, 0))) }
    do throws(InferenceError) {
      return .success(
        try estimator.estimate(series[0], covariates: Array(series.dropFirst()), start: start, others: others))
    } catch {
      return .failure(error)
    }
  }
}
