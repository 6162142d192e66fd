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
    /// What was found, a JSON object.
    let observations: String
  }

  /// The surest first.
  let rows: [Row]
  /// What they were made of; its metadata is that of all rows.
  let record: ResultRecord

  /// - Parameters:
  ///   - findings: the significant pairs with their adjusted p.
  ///   - tried: number of pairs tested, significant or not.
  ///   - leftOut: metrics and factors that were not tried, and why.
  init(
    _ input: CorrelationInput, findings: [(pair: CorrelationPair, q: Double)], tried: Int,
    leftOut: [(name: String, reason: String)], inputHash: String, job: Job
  ) {
    let order = findings.indices.sorted {
      (findings[$0].q, findings[$0].pair.test.p, $0) < (findings[$1].q, findings[$1].pair.test.p, $1)
    }
    rows = order.map { Self.row(findings[$0].pair, q: findings[$0].q, tried: tried) }
    var json = JSONWriter()
    json.object { json in
      json.lineage(of: job, inputHash: inputHash, domain: input.records.domain.name)
      json.key("parameters")
      json.object { parameters in
        parameters.member("max_lag", input.maximumLag)
        parameters.member("fdr", input.fdr)
        if let days = input.arguments.historyDays { parameters.member("history_days", days) }
        if let metrics = input.arguments.metrics { parameters.member("metrics", metrics) }
        if let factors = input.arguments.factors { parameters.member("factors", factors) }
      }
      json.member("pairs_tried", tried)
      json.member("findings", findings.count)
      if findings.isEmpty { json.member("nothing_found", Self.reason(input, tried: tried)) }
      if input.records.skipped > 0 { json.member("values_skipped", input.records.skipped) }
      json.leftOut(leftOut)
    }
    record = ResultRecord(
      twin: input.records.twin, inputHash: inputHash, readAt: input.records.readAt, metadata: json.text)
  }

  private static func reason(_ input: CorrelationInput, tried: Int) -> String {
    if let nothing = input.nothing { return nothing }
    if tried == 0 { return "too little is observed, or hardly anything varies" }
    return "none of \(tried) pairs is significant at a false discovery rate of \(input.fdr)"
  }

  private static func row(_ pair: CorrelationPair, q: Double, tried: Int) -> Row {
    let test = pair.test
    var json = JSONWriter()
    json.object { json in
      json.member("metric", pair.metric.name)
      json.member("metric_label", pair.metric.label)
      json.member("factor_label", pair.factor.label)
      json.member("lag", test.lag)
      json.member("lag_seconds", Double(test.lag) * pair.intervalSeconds)
      json.member("direction", test.direction > 0 ? "rises_with" : "falls_with")
      json.member("r", test.valuesR)
      json.member("rank_r", test.r)
      json.member("n", test.count)
      json.member("p", test.p)
      json.member("q", q)
      json.member("pairs_tried", tried)
      json.member("from", pair.from.formatted(.iso8601))
      json.member("until", pair.until.formatted(.iso8601))
      json.member("partial", true)
    }
    return Row(
      factorType: pair.factor.type.rawValue, factor: pair.factor.name, strength: test.valuesR, observations: json.text)
  }
}
