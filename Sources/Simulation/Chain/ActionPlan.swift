import Numerics

/// The causes that are to act on the metrics of a twin; sizes in standard deviations of each metric's noise.
package struct ActionPlan: Sendable {
  private var metrics: [Actions]

  /// Of one metric.
  package struct Actions: Sendable {
    package var factors: [(factor: Int, lag: Int, strength: Double)] = []
    package var products: [(product: Int, size: Double, timeConstant: Double)] = []
    package var trend: (from: Int, change: Double)?
    package var shifts: [LevelShift] = []
    package var spikes: [LevelShift] = []
    package var stuck: [Range<Int>] = []
    package var year = 0.0
  }

  package static let nothing = ActionPlan(metrics: TwinSimulator.metrics.map { _ in Actions() })

  package func of(_ metric: Int) -> Actions { metrics[metric] }

  private init(metrics: [Actions]) {
    self.metrics = metrics
  }

  package init(days: Int, factors: Int, products: [SimulatedProduct], _ random: inout SeededRandom) {
    self = Self.nothing
    tie(factors, &random)
    for product in products.indices where random.happens(0.5) { give(product, &random) }
    disturb(days, &random)
  }

  /// Up to six pairs. The strength is the correlation with the metric's noise if nothing else acted.
  private mutating func tie(_ factors: Int, _ random: inout SeededRandom) {
    for _ in 0..<random.whole(0...6) {
      let (metric, factor) = (random.whole(0...(metrics.count - 1)), random.whole(0...(factors - 1)))
      guard !metrics[metric].factors.contains(where: { $0.factor == factor }) else { continue }
      let lag = random.happens(0.6) ? random.whole(0...3) : random.whole(0...10)
      let strength = random.sign() * random.uniform(in: 0.1...0.6)
      metrics[metric].factors.append((factor, lag, strength))
    }
  }

  /// One or two metrics, at once or over some days or weeks.
  private mutating func give(_ product: Int, _ random: inout SeededRandom) {
    for metric in metrics.indices.shuffled(using: &random).prefix(random.whole(1...2)) {
      let size = random.sign() * random.uniform(in: 0.3...2.5)
      let timeConstant = random.happens(0.3) ? 0 : random.uniform(in: 3...20)
      metrics[metric].products.append((product, size, timeConstant))
    }
  }

  private mutating func disturb(_ days: Int, _ random: inout SeededRandom) {
    if random.happens(0.25), days >= 60 {
      // Every second one is recent enough to be told as news.
      let day = random.happens(0.5) ? random.whole(15...(days - 10)) : random.whole((days - 50)...(days - 8))
      for metric in metrics.indices.shuffled(using: &random).prefix(random.whole(1...3)) {
        metrics[metric].shifts.append(LevelShift(day: day, size: random.sign() * random.uniform(in: 0.8...3.5)))
      }
    }
    for metric in metrics.indices {
      if random.happens(0.12) {
        // From the first day on, or recent enough to be the newest thing there is.
        let from = random.happens(0.5) ? 0 : random.whole((days / 4)...(days - 35))
        metrics[metric].trend = (from, random.sign() * random.uniform(in: 0.5...4))
      }
      if random.happens(0.25) { metrics[metric].year = random.uniform(in: 0.2...0.8) }
      if random.happens(0.08) {
        let day = random.happens(0.5) ? random.whole(0...(days - 1)) : random.whole((days - 14)...(days - 1))
        let spike = LevelShift(day: day, size: random.sign() * random.uniform(in: 4...9))
        metrics[metric].spikes.append(spike)
      }
    }
    if random.happens(0.08), days >= 60 {
      let first = random.happens(0.5) ? random.whole(10...(days - 25)) : random.whole((days - 25)...(days - 21))
      metrics[random.whole(0...(metrics.count - 1))].stuck.append(first..<(first + random.whole(7...20)))
    }
  }
}
