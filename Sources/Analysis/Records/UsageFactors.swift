import Twins

extension Panel {
  /// Uses of one product, or what else begins and ends, as a factor: 1 while in use, 0 else.
  package struct UsageFactor: Sendable {
    package let name: String
    package let label: String
    package let type: FactorType
    package let values: [Double]
  }

  /// Most factors of this kind. Each is tried against every metric: more of them hide what is true, and cost memory.
  package static let usageLimit = 64

  /// The uses of this panel by what was used, by name; of more than `usageLimit` those that changed hands of time most
  /// evenly (as many samples with as without), the first by name of equals.
  /// - Returns: the factors, and how many there would be without the limit.
  package func usageFactors(_ isChosen: (InterventionUse) -> Bool) -> (factors: [UsageFactor], all: Int) {
    struct Key: Hashable {
      package let event: String
      package let factor: String
    }
    var byKey: [Key: [Use]] = [:]
    for use in uses where use.use.isLasting && isChosen(use.use) {
      byKey[Key(event: use.use.intervention.event, factor: use.use.factor), default: []].append(use)
    }
    var candidates: [(factor: UsageFactor, event: String, rarer: Int)] = []
    for (key, uses) in byKey {
      var values = [Double](repeating: 0, count: count)
      for use in uses {
        let first = min(max(use.first ?? 0, 0), count)
        let end = min(max(use.end ?? count, first), count)
        for sample in first..<end { values[sample] = 1 }
      }
      let used = values.count { $0 == 1 }
      guard used > 0, used < count else { continue }
      let intervention = uses[0].use.intervention
      let label = key.factor == key.event ? intervention.label : key.factor
      candidates.append(
        (
          UsageFactor(name: key.factor, label: label, type: intervention.type, values: values), key.event,
          min(used, count - used)
        ))
    }
    func precedes(_ one: (UsageFactor, String), _ other: (UsageFactor, String)) -> Bool {
      if one.0.name != other.0.name { return one.0.name.utf8.lexicographicallyPrecedes(other.0.name.utf8) }
      return one.1.utf8.lexicographicallyPrecedes(other.1.utf8)
    }
    candidates.sort {
      $0.rarer != $1.rarer ? $0.rarer > $1.rarer : precedes(($0.factor, $0.event), ($1.factor, $1.event))
    }
    let kept = candidates.prefix(Self.usageLimit).sorted { precedes(($0.factor, $0.event), ($1.factor, $1.event)) }
    return (kept.map(\.factor), candidates.count)
  }
}
