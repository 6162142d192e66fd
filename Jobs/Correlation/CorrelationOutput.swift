import Analysis
import FoundationEssentials
import Queue

/// The findings of one twin, ready to be written.
public struct CorrelationOutput: Sendable {
  /// One row of `twin_correlations`.
  struct Row: Sendable {
    let factorType: String
    let factor: String
    /// −1…1.
    let strength: Double
    /// A `CorrelationDocument`.
    let observations: String
  }

  /// The surest first.
  let rows: [Row]
  /// The input they were made of; its metadata is that of all rows.
  let record: ResultRecord

  /// - Parameters:
  ///   - findings: the significant pairs with their adjusted p.
  ///   - tried: number of pairs tested, significant or not.
  ///   - leftOut: metrics and factors that were not tried, and why.
  init(
    _ input: CorrelationInput, findings: [(pair: CorrelationPair, q: Double)], tried: Int,
    leftOut: [(name: String, value: String)], inputHash: String, job: Job
  ) {
    let order = findings.indices.sorted {
      (findings[$0].q, findings[$0].pair.test.p, $0) < (findings[$1].q, findings[$1].pair.test.p, $1)
    }
    rows = order.map { Self.row(findings[$0].pair, q: findings[$0].q, tried: tried) }
    let arguments = input.arguments
    let metadata = CorrelationMetadata(
      lineage: Lineage(of: job, inputHash: inputHash, domain: input.records.domain.name),
      parameters: CorrelationMetadata.Parameters(
        maxLag: input.maximumLag, fdr: input.fdr, historyDays: arguments.historyDays, metrics: arguments.metrics,
        factors: arguments.factors),
      pairsTried: tried, findings: findings.count,
      nothingFound: findings.isEmpty ? Self.reason(input, tried: tried) : nil, valuesSkipped: input.records.skipped,
      leftOut: NamedValues(leftOut))
    record = ResultRecord(
      twin: input.records.twin, inputHash: inputHash, readAt: input.records.readAt, metadata: metadata.json)
  }

  private static func reason(_ input: CorrelationInput, tried: Int) -> String {
    if let nothing = input.nothing { return nothing }
    if tried == 0 { return "too little is observed, or hardly anything varies" }
    return "none of \(tried) pairs is significant at a false discovery rate of \(input.fdr)"
  }

  private static func row(_ pair: CorrelationPair, q: Double, tried: Int) -> Row {
    let test = pair.test
    let observations = CorrelationDocument(
      metric: pair.metric.name, metricLabel: pair.metric.label, factorLabel: pair.factor.label, lag: test.lag,
      lagSeconds: Double(test.lag) * pair.intervalSeconds, rises: test.direction > 0, r: test.valuesR, rankR: test.r,
      n: test.count, p: test.p, q: q, pairsTried: tried, from: pair.from, until: pair.until)
    return Row(
      factorType: pair.factor.type.rawValue, factor: pair.factor.name, strength: test.valuesR,
      observations: observations.json)
  }
}
