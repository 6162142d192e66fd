/// All that a correlation is computed from: the twin's usable records and the job's arguments.
public struct CorrelationInput: Sendable {
  let records: TwinRecords
  let arguments: CorrelationArguments

  /// Largest lag, in sampling intervals.
  var maximumLag: Int { arguments.maxLag ?? 14 }
  /// Largest expected share of false findings.
  var fdr: Double { arguments.fdr ?? 0.05 }

  /// See `TwinRecords.hash`.
  var hash: String { records.hash(kind: Correlation.name, parameters: [Double(maximumLag), fdr]) }
}
