import FoundationEssentials
import Glibc
import Numerics

/// Two years of a person's skin, day by day, from a seed: slow drift, a yearly and a weekly rhythm, noise that lasts
/// some days, products that help, days without a scan. The same seed gives the same life.
package struct SimulatedSkin {
  /// One scan.
  package struct Scan {
    package let date: Date
    /// Metric → 0 … 100.
    package let metrics: [(name: String, value: Double)]
    /// Products in use.
    package let products: [String]
  }

  private static let metrics = [
    "texture_score", "pore_score", "redness_index", "pigmentation_index", "oil_balance", "hydration_index",
    "sensitivity_index", "barrier_risk_score", "microbiome_risk_proxy",
  ]
  /// The effects of each product on the metrics once it works.
  private static let products: [(name: String, effects: [String: Double])] = [
    ("ceramide cream", ["hydration_index": 9, "barrier_risk_score": -8]),
    ("azelaic acid", ["redness_index": -11, "texture_score": 4]),
    ("niacinamide serum", ["pore_score": -6, "oil_balance": -5]),
  ]

  /// - Parameters:
  ///   - seed: who it is.
  ///   - end: the last day.
  ///   - days: how many days before it.
  package static func scans(seed: UInt64, until end: Date, days: Int) -> [Scan] {
    var random = SeededRandom(seed: seed)
    let levels = metrics.map { _ in random.uniform(in: 30...65) }
    let drifts = metrics.map { _ in random.uniform(in: -4...4) }
    let phases = metrics.map { _ in random.uniform(in: 0...(2 * .pi)) }
    let starts = products.map { _ in Int(random.uniform(in: 0.2...0.9) * Double(days)) }
    var noise = [Double](repeating: 0, count: metrics.count)
    var scans: [Scan] = []
    for day in 0..<days {
      let year = Double(day) / 365.25 * 2 * .pi
      let weekend = day % 7 >= 5 ? 1.0 : 0
      let inUse = products.indices.filter { starts[$0] <= day }
      let values = metrics.indices.map { index -> (name: String, value: Double) in
        noise[index] = 0.7 * noise[index] + random.normal() * 2.2
        var value = levels[index] + drifts[index] * Double(day) / 365 + 5 * sin(year + phases[index])
        value += noise[index] + weekend * (index.isMultiple(of: 2) ? 2.5 : -2.5)
        for product in inUse {
          // Full effect after about a month.
          let share = min(1, Double(day - starts[product]) / 28)
          value += share * (products[product].effects[metrics[index]] ?? 0)
        }
        return (metrics[index], (min(max(value, 0), 100) * 10).rounded() / 10)
      }
      // About one day in twelve goes without a scan.
      if random.uniform(in: 0...1) > 0.08 {
        let date = end.addingTimeInterval(Double(day - days) * 86_400 + random.uniform(in: 0...7200))
        scans.append(Scan(date: date, metrics: values, products: inUse.map { products[$0].name }))
      }
    }
    return scans
  }
}
