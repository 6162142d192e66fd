import FoundationEssentials
import Glibc
import Numerics

/// Makes skincare twins with known truth from a seed: the same seed, number and size give the same twin.
///
/// Every fifth twin is quiet: nothing is to be found. In the others up to six pairs of factor and metric are tied at
/// lags of 0 to 10 days, up to four products are used of which about half act on one or two metrics, some metrics have
/// trends or a wave of the year, a quarter has a change of regime, some have spikes, stuck sensors and gaps. Strengths
/// are spread so that many facts cannot be found by anybody. Days and single values are missing everywhere.
package struct TwinSimulator: Sendable {
  package let seed: UInt64
  /// Recorded days of the longest twins; the others have two thirds or a third of it.
  package let days: Int
  /// Midnight (UTC) after the last day.
  package let end: Date

  package init(seed: UInt64, days: Int, end: Date) {
    self.seed = seed
    self.days = days
    self.end = end
  }

  package static let metrics = [
    "texture_score", "pore_score", "redness_index", "pigmentation_index", "oil_balance", "hydration_index",
    "sensitivity_index", "barrier_risk_score", "microbiome_risk_proxy",
  ]
  /// One name holds a number, as names of products do.
  package static let products = [
    "ceramide cream", "azelaic acid", "niacinamide serum", "retinol 0.3%", "mineral sunscreen", "oat cleanser",
    "peptide gel", "salicylic toner",
  ]

  /// The twin of a number, from 0.
  package func twin(_ number: Int) -> SimulatedTwin {
    var random = SeededRandom.stream(seed, UInt64(number))
    let id = UUID(
      uuid: withUnsafeBytes(of: (random.next(), random.next())) { $0.loadUnaligned(as: uuid_t.self) })
    let days = [self.days, self.days, self.days * 2 / 3, self.days / 3][number % 4]
    let isQuiet = number % 5 == 4
    let factors = SimulatedFactors.make(days: days, &random)
    let products = isQuiet ? [] : Self.products(days: days, &random)
    let gaps = isQuiet ? [] : Self.gaps(days: days, &random)
    let isScanned = (0..<days).map { day in
      !random.happens(0.06) && !gaps.contains { $0.contains(day) }
    }
    let plan =
      isQuiet
      ? ActionPlan.nothing
      : ActionPlan(days: days, factors: factors.count, products: products, &random)
    let metrics = Self.metrics.indices.map { index in
      MetricSimulator(days: days, factors: factors, products: products, isQuiet: isQuiet)
        .metric(Self.metrics[index], plan.of(index), isScanned: isScanned, &random)
    }
    return SimulatedTwin(
      number: number, id: id, start: end.addingTimeInterval(-86_400 * Double(days)), days: days, isQuiet: isQuiet,
      factors: factors, products: products, metrics: metrics, isScanned: isScanned, gaps: gaps)
  }

  /// Up to four products, each used once; every tenth starts on the day of another.
  private static func products(days: Int, _ random: inout SeededRandom) -> [SimulatedProduct] {
    var products: [SimulatedProduct] = []
    for name in Self.products.shuffled(using: &random).prefix(random.whole(0...4)) {
      guard days >= 60 else { break }
      var first = random.whole(25...(days - 15))
      if let other = products.last, random.happens(0.1) { first = other.used.lowerBound }
      let last = random.happens(0.5) ? days : min(days, first + random.whole(21...150))
      products.append(SimulatedProduct(name: name, used: first..<last))
    }
    return products
  }

  /// One twin in ten goes without scans for one to three weeks.
  private static func gaps(days: Int, _ random: inout SeededRandom) -> [Range<Int>] {
    guard days >= 60, random.happens(0.1) else { return [] }
    let length = random.whole(8...22)
    let first = random.whole(10...(days - length - 3))
    return [first..<(first + length)]
  }
}
