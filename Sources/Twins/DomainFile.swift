import Series
import Yams

/// The definition of a domain as its YAML file says it, checked. Every error names the place and the line.
struct DomainFile {
  var name = "?"
  var summary = ""
  var metrics: [Metric] = []
  var anyMetric: Metric?
  var factors: [Factor] = []
  var interventions: [Intervention] = []
  var thresholds: [Threshold] = []
  var horizon = 0
  var historyPoints = 0
  var wording: [String: String] = [:]
  var schema: String?
  var tables: [DomainTable] = []
  var insights = InsightSettings()
  var evidence = EvidenceThreshold()
  var milestones: [Milestone] = []
  var rules: [RecommendationRule] = []

  init(_ text: String) throws(DomainError) {
    let root: Node?
    do {
      // Without the rules that guess a value's type: YAMLMapping asks for types by key, and each guess tries seven patterns.
      root = try compose(yaml: text, .basic)
    } catch {
      throw .invalid(domain: "?", place: "", problem: "not YAML: \(error)")
    }
    guard let root else { throw .invalid(domain: "?", place: "", problem: "the definition is empty") }
    let file = try YAMLMapping(root, domain: "?", path: "")
    name = try file.string("domain")
    guard Self.isName(name) else {
      throw file.fault("domain", "\"\(name)\" is no name; use lower-case letters, digits and underscores")
    }
    try read(try YAMLMapping(root, domain: name, path: ""))
  }

  private mutating func read(_ file: YAMLMapping) throws(DomainError) {
    try file.allow(
      "domain", "summary", "interval_seconds", "season_seconds", "aggregation", "horizon", "history_points",
      "metrics", "any_metric", "factors", "interventions", "thresholds", "wording", "insights", "evidence",
      "milestones", "rules", "schema", "tables")
    summary = try file.string("summary")
    horizon = try file.integer("horizon", in: 1...1000)
    historyPoints = try file.integer("history_points", in: 10...1_000_000)
    let defaults = try Defaults(
      interval: file.length("interval_seconds"), seasons: file.lengths("season_seconds")?.sorted(),
      aggregation: Self.aggregation(file) ?? .mean)

    for entry in try file.mappings("metrics") {
      let metric = try Self.metric(entry, name: entry.string("name"), defaults)
      guard !metrics.contains(where: { $0.name == metric.name }) else {
        throw entry.fault("name", "metric \"\(metric.name)\" is there twice; names must be unique")
      }
      metrics.append(metric)
    }
    if let entry = try file.mapping("any_metric") { anyMetric = try Self.metric(entry, name: "", defaults) }
    guard !metrics.isEmpty || anyMetric != nil else {
      throw file.fault("metrics", "a domain needs metrics, or any_metric")
    }
    try readFactors(file, aggregation: defaults.aggregation)

    for entry in try file.mappings("thresholds") { thresholds.append(try threshold(entry)) }
    if let words = try file.mapping("wording") { wording = try words.strings() }
    try readInsights(file)
    schema = try file.optionalString("schema")
    guard schema.map(Self.isName) ?? true else {
      throw file.fault("schema", "is no schema name; use lower-case letters, digits and underscores")
    }
    if let list = try file.mapping("tables") {
      for name in list.keys {
        let columns = try list.stringList(name) ?? []
        guard !columns.isEmpty else { throw list.fault(name, "must list the columns that are read") }
        tables.append(DomainTable(name: name, columns: columns))
      }
    }
    for name in tables.flatMap({ [$0.name] + $0.columns }) where !Self.isName(name) {
      throw file.fault(
        "tables", "\"\(name)\" is no name of a table or column; use lower-case letters, digits and underscores")
    }
  }

  // MARK: - Metrics and thresholds

  private struct Defaults {
    let interval: Double?
    let seasons: [Double]?
    let aggregation: Resampling.Aggregation
  }

  private static func metric(
    _ entry: YAMLMapping, name: String, _ defaults: Defaults
  ) throws(DomainError) -> Metric {
    try entry.allow(
      "name", "label", "unit", "minimum", "maximum", "direction", "best", "interval_seconds", "season_seconds",
      "aggregation")
    let (minimum, maximum) = try range(entry)
    let best = try entry.number("best")
    let direction: Metric.Direction?
    switch try entry.choice("direction", of: ["higher", "lower", "middle"]) {
    case "higher": direction = .higher
    case "lower": direction = .lower
    case "middle":
      guard let best else { throw entry.fault("best", "missing; direction middle needs the best value") }
      guard best >= minimum ?? -.infinity, best <= maximum ?? .infinity else {
        throw entry.fault("best", "\(best) is outside the metric's range")
      }
      direction = .middle(best: best)
    default: direction = nil
    }
    if best != nil, direction == nil || direction == .higher || direction == .lower {
      throw entry.fault("best", "only direction middle has a best value")
    }
    return Metric(
      name: name, label: try entry.optionalString("label") ?? name, unit: try entry.string("unit"), minimum: minimum,
      maximum: maximum, direction: direction,
      intervalSeconds: try entry.length("interval_seconds") ?? defaults.interval,
      seasonSeconds: try entry.lengths("season_seconds")?.sorted() ?? defaults.seasons,
      aggregation: try aggregation(entry) ?? defaults.aggregation
    )
  }

  private func threshold(_ entry: YAMLMapping) throws(DomainError) -> Threshold {
    try entry.allow("metric", "above", "below", "observations", "severity")
    let metric = try entry.string("metric")
    let isFactor = factors.contains { $0.name == metric }
    guard !isFactor, anyMetric != nil || metrics.contains(where: { $0.name == metric }) else {
      throw entry.fault("metric", "the domain has no metric \"\(metric)\"")
    }
    let bound: Threshold.Bound
    switch (try entry.number("above"), try entry.number("below")) {
    case (let above?, nil): bound = .above(above)
    case (nil, let below?): bound = .below(below)
    default: throw entry.fault("", "a threshold needs either above or below")
    }
    let severity = try entry.choice("severity", of: Threshold.Severity.allCases.map(\.rawValue))
    guard let severity = severity.flatMap(Threshold.Severity.init(rawValue:)) else {
      throw entry.fault("severity", "missing; one of low, medium, high")
    }
    return Threshold(
      metric: metric, bound: bound, observations: try entry.integer("observations", in: 1...10_000), severity: severity)
  }

  /// The valid range, either end of which may be open.
  static func range(_ entry: YAMLMapping) throws(DomainError) -> (minimum: Double?, maximum: Double?) {
    let minimum = try entry.number("minimum")
    let maximum = try entry.number("maximum")
    if let minimum, let maximum, minimum >= maximum {
      throw entry.fault("maximum", "\(maximum) is not above the minimum \(minimum)")
    }
    return (minimum, maximum)
  }

  static func aggregation(_ entry: YAMLMapping) throws(DomainError) -> Resampling.Aggregation? {
    try entry.choice("aggregation", of: Resampling.Aggregation.allCases.map(\.rawValue))
      .flatMap(Resampling.Aggregation.init(rawValue:))
  }

  static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, first >= UInt8(ascii: "a"), first <= UInt8(ascii: "z") else { return false }
    return text.utf8.allSatisfy {
      ($0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z")) || ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9"))
        || $0 == UInt8(ascii: "_")
    }
  }
}
