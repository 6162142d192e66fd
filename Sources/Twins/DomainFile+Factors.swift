import Series

extension DomainFile {
  /// Reads what may act on the metrics: `factors:` and `interventions:`.
  mutating func readFactors(
    _ file: YAMLMapping, aggregation: Resampling.Aggregation
  ) throws(DomainError) {
    for entry in try file.mappings("factors") {
      let factor = try Self.factor(entry, aggregation)
      guard !factors.contains(where: { $0.name == factor.name }) else {
        throw entry.fault("name", "factor \"\(factor.name)\" is there twice; names must be unique")
      }
      guard !metrics.contains(where: { $0.name == factor.name }) else {
        throw entry.fault("name", "\"\(factor.name)\" is a metric already; a name is either a metric or a factor")
      }
      factors.append(factor)
    }
    for entry in try file.mappings("interventions") {
      let intervention = try Self.intervention(entry)
      guard !interventions.contains(where: { $0.event == intervention.event }) else {
        throw entry.fault("event", "intervention \"\(intervention.event)\" is there twice; one entry says all of it")
      }
      interventions.append(intervention)
    }
  }

  private static func factor(
    _ entry: YAMLMapping, _ aggregation: Resampling.Aggregation
  ) throws(DomainError) -> Factor {
    try entry.allow(
      "name", "label", "type", "unit", "minimum", "maximum", "aggregation", "controllable", "more", "less")
    let name = try entry.string("name")
    let type = try type(entry)
    let (minimum, maximum) = try range(entry)
    return Factor(
      name: name, label: try entry.optionalString("label") ?? name, type: type,
      unit: try entry.optionalString("unit") ?? "", minimum: minimum, maximum: maximum,
      aggregation: try self.aggregation(entry) ?? aggregation,
      isControllable: try entry.boolean("controllable") ?? (type != .environment),
      more: try entry.optionalString("more"), less: try entry.optionalString("less"))
  }

  private static func intervention(_ entry: YAMLMapping) throws(DomainError) -> Intervention {
    try entry.allow("event", "type", "label")
    let event = try entry.string("event")
    guard isName(event) else {
      throw entry.fault("event", "\"\(event)\" is no name; use lower-case letters, digits and underscores")
    }
    for ending in ["_started", "_stopped"] where event.hasSuffix(ending) {
      let stem = event.dropLast(ending.count)
      throw entry.fault("event", "leave \"\(ending)\" out; \(stem) stands for \(stem)_started and \(stem)_stopped")
    }
    return Intervention(event: event, type: try type(entry), label: try entry.optionalString("label") ?? event)
  }

  private static func type(_ entry: YAMLMapping) throws(DomainError) -> FactorType {
    let types = FactorType.allCases.map(\.rawValue)
    guard let type = try entry.choice("type", of: types).flatMap(FactorType.init(rawValue:)) else {
      throw entry.fault("type", "missing; one of \(types.joined(separator: ", "))")
    }
    return type
  }
}
