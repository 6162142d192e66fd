extension DomainFile {
  /// Reads `insights`, `evidence`, `milestones` and `rules`.
  mutating func readInsights(_ file: YAMLMapping) throws(DomainError) {
    if let entry = try file.mapping("insights") {
      try entry.allow(
        "most_open", "most_new", "period_days", "change_samples", "recent_samples", "trend_samples")
      func whole(_ key: String, _ value: inout Int, _ range: ClosedRange<Int>) throws(DomainError) {
        if try entry.number(key) != nil { value = try entry.integer(key, in: range) }
      }
      try whole("most_open", &insights.mostOpen, 1...1000)
      try whole("most_new", &insights.mostNew, 1...1000)
      try whole("change_samples", &insights.changeSamples, 2...10_000)
      try whole("recent_samples", &insights.recentSamples, 1...10_000)
      try whole("trend_samples", &insights.trendSamples, 28...10_000)
      insights.periodDays = try entry.positive("period_days") ?? insights.periodDays
    }
    if let entry = try file.mapping("evidence") {
      try entry.allow("q", "observations", "correlation", "effect")
      func share(_ key: String, _ value: inout Double) throws(DomainError) {
        guard let number = try entry.number(key) else { return }
        guard number > 0, number < 1 else { throw entry.fault(key, "\(number) is not between 0 and 1") }
        value = number
      }
      try share("q", &evidence.q)
      try share("correlation", &evidence.correlation)
      evidence.effect = try entry.positive("effect") ?? evidence.effect
      if try entry.number("observations") != nil {
        evidence.observations = try entry.integer("observations", in: 3...1_000_000)
      }
    }
    for entry in try file.mappings("milestones") {
      try entry.allow("metric", "above", "below", "observations", "label")
      milestones.append(
        Milestone(
          metric: try knownMetric(entry), bound: try Self.bound(entry),
          observations: try entry.integer("observations", in: 1...10_000), label: try entry.optionalString("label")))
    }
    for entry in try file.mappings("rules") { rules.append(try rule(entry)) }
  }

  private func rule(_ entry: YAMLMapping) throws(DomainError) -> RecommendationRule {
    try entry.allow("when", "metric", "direction", "severity", "type", "title", "actions", "priority")
    let when = try entry.choice("when", of: RecommendationRule.Sighting.allCases.map(\.rawValue))
    guard let when = when.flatMap(RecommendationRule.Sighting.init(rawValue:)) else {
      throw entry.fault("when", "missing; one of trend, risk, anomaly, change, data_quality, any")
    }
    let direction = try entry.choice("direction", of: RecommendationRule.Direction.allCases.map(\.rawValue))
    let severity = try entry.choice("severity", of: Threshold.Severity.allCases.map(\.rawValue))
    let type = try entry.optionalString("type") ?? "operation"
    guard Self.isName(type), type.utf8.count <= 64 else {
      throw entry.fault("type", "\"\(type)\" is no name; use lower-case letters, digits and underscores")
    }
    let title = try entry.string("title")
    guard title.contains(where: { !$0.isWhitespace }) else { throw entry.fault("title", "must not be empty") }
    let priority: Int? = try entry.number("priority") == nil ? nil : try entry.integer("priority", in: 1...5)
    return RecommendationRule(
      when: when, metric: try knownMetric(entry), direction: direction.flatMap(RecommendationRule.Direction.init),
      severity: severity.flatMap(Threshold.Severity.init) ?? .low, type: type, title: title,
      actions: try entry.stringList("actions") ?? [], priority: priority)
  }

  /// The name of a metric of this domain.
  func knownMetric(_ entry: YAMLMapping) throws(DomainError) -> String {
    let metric = try entry.string("metric")
    let isFactor = factors.contains { $0.name == metric }
    guard !isFactor, anyMetric != nil || metrics.contains(where: { $0.name == metric }) else {
      throw entry.fault("metric", "the domain has no metric \"\(metric)\"")
    }
    return metric
  }

  /// Either `above` or `below`.
  static func bound(_ entry: YAMLMapping) throws(DomainError) -> Threshold.Bound {
    switch (try entry.number("above"), try entry.number("below")) {
    case (let above?, nil): return .above(above)
    case (nil, let below?): return .below(below)
    default: throw entry.fault("", "needs either above or below")
    }
  }
}
