import Analysis
import Queue

/// All that a correlation is computed from: the twin's usable records and the job's arguments.
public struct CorrelationInput: Sendable {
  let records: TwinRecords
  let arguments: CorrelationArguments

  /// - Throws: a permanent `JobFailure` when the job asks for what was never observed.
  init(_ twin: ResolvedTwin, _ arguments: CorrelationArguments) throws(JobFailure) {
    records = try TwinRecords(twin, arguments.choice)
    self.arguments = arguments
  }

  /// Largest lag, in sampling intervals.
  var maximumLag: Int { arguments.maxLag ?? 14 }
  /// Largest expected share of false findings.
  var fdr: Double { arguments.fdr ?? CorrelationArguments.defaultRate }

  /// Why there is nothing to correlate, if there is not.
  var nothing: String? {
    let domain = records.domain
    if domain.factors.isEmpty, domain.interventions.isEmpty {
      return "domain \(domain.name) names no factors and no interventions"
    }
    if records.metrics.isEmpty { return "no metric is observed" }
    if records.factors.isEmpty, records.uses.isEmpty { return "no factor is observed" }
    return nil
  }

  /// See `TwinRecords.hash`. Where there is nothing to correlate the observations change nothing.
  func hash(of kind: KindDefinition) -> String {
    records.hash(of: kind, parameters: [Double(maximumLag), fdr], nothing: nothing).hex
  }
}
