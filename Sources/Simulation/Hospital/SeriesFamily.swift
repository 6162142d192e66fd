import Glibc
import Numerics

/// A kind of series with known truth: noise of a shape and memory, on a course and rhythms, read by an instrument.
package struct SeriesFamily: Sendable {
  /// The kind of trouble that a family stands for; choices are made by leaving whole categories out.
  package enum Category: String, Sendable, CaseIterable {
    case noise, counts, reading, memory, trend, rhythm, damage, level, pair
  }

  /// The course of the expected value, in standard deviations of the noise.
  package enum Course: Sendable, Equatable {
    case flat
    /// So much more each sample.
    case line(slope: Double)
    /// A parabola that rises by so much in all.
    case curve(rise: Double)
    /// Grows by a factor in all, and the noise with it.
    case growth(factor: Double)
    /// Stays, and jumps with this chance a sample by about so much.
    case setPoints(chance: Double, size: Double)
  }

  /// The way an instrument reads a value, in standard deviations of the noise.
  package enum Reading: Sendable, Equatable {
    case exact
    /// To whole multiples.
    case rounded(Double)
    /// Values below this distance from the mean are read as that.
    case clipped(Double)
  }

  /// The fate of records.
  package enum Damage: Sendable, Equatable {
    case none
    /// This share of the samples is missing at random.
    case missing(Double)
    /// One hole of this share of the whole.
    case hole(Double)
    /// This share of the samples is replaced by values so many standard deviations away.
    case outliers(share: Double, size: Double)
  }

  /// Unique.
  package let name: String
  package let category: Category
  package var noise: NoiseShape = .normal
  package var memory: Memory = .none
  package var course: Course = .flat
  package var rhythms: [Rhythm] = []
  package var reading: Reading = .exact
  package var damage: Damage = .none
  /// The standard deviation grows to so many times from the middle on.
  package var laterSpread = 1.0
  /// Seconds from sample to sample.
  package var step = 86_400.0

  package init(_ name: String, _ category: Category) {
    self.name = name
    self.category = category
  }

  /// Nothing changes but by chance: no level, scatter or course is new anywhere.
  package var isStationary: Bool {
    laterSpread == 1 && memory != .randomWalk && course == .flat && !isWandering
  }

  private var isWandering: Bool {
    if case .localLevel = memory { true } else { false }
  }

  private var isGrowing: Bool {
    if case .growth = course { true } else { false }
  }

  /// A series of this family.
  /// - Parameter signal: what is added besides to the expected value of each sample, in standard deviations of the
  ///   noise: a planted shift or effect.
  package func series(
    seed: UInt64, count: Int, signal: (Int) -> Double = { _ in 0 }
  ) -> SimulatedSeries {
    var random = SeededRandom.stream(seed, Self.number(of: name))
    let scale = exp(random.uniform(in: -3...3))
    let origin = noise.isDiscrete ? 0 : isGrowing ? 20 : random.uniform(in: -20...20)
    var levels = [Double](repeating: 0, count: count)
    var changes: [Int] = []
    if case .setPoints(let chance, let size) = course {
      var level = 0.0
      for index in levels.indices {
        if index > 0, random.happens(chance) {
          level += random.sign() * size * random.uniform(in: 0.5...1.5)
          changes.append(index)
        }
        levels[index] = level
      }
    }
    let expected = levels.indices.map { index in
      levels[index] + value(of: course, at: index, count: count) + signal(index)
        + rhythms.reduce(0) { $0 + $1.value(at: index) }
    }
    var values: [Double]
    if noise.isDiscrete {
      values = expected.map { noise.draw(signal: $0, &random) }
    } else {
      let independent = expected.map { _ in noise.draw(signal: 0, &random) }
      let deviations = memory.applied(to: independent, &random)
      values = expected.indices.map { index in
        let growth = growth(at: index, count: count)
        let spread = index >= count / 2 ? laterSpread : 1
        return read(growth * (origin + expected[index] + deviations[index] * spread), origin) * scale
      }
    }
    var result = SimulatedSeries(values: [], step: step, spread: noise.isDiscrete ? noise.spread : scale)
    if case .outliers(let share, let size) = damage {
      for index in values.indices where random.happens(share) {
        values[index] += random.sign() * size * result.spread
        result.outliers.append(index)
      }
    }
    result.values = damaged(values, &random)
    result.periods = rhythms.map(\.period).sorted()
    result.changes = changes
    if noise.isDiscrete { (result.least, result.greatest) = noise.bounds }
    if case .clipped(let above) = reading { result.least = (origin + above) * scale }
    return result
  }

  private func value(of course: Course, at index: Int, count: Int) -> Double {
    let share = Double(index) / Double(max(1, count - 1))
    return switch course {
    case .flat, .growth, .setPoints: 0
    case .line(let slope): slope * Double(index)
    case .curve(let rise): rise * share * share
    }
  }

  private func growth(at index: Int, count: Int) -> Double {
    guard case .growth(let factor) = course else { return 1 }
    return pow(factor, Double(index) / Double(max(1, count - 1)))
  }

  private func read(_ value: Double, _ origin: Double) -> Double {
    switch reading {
    case .exact: value
    case .rounded(let unit): (value / unit).rounded() * unit
    case .clipped(let above): max(value, origin + above)
    }
  }

  private func damaged(_ values: [Double], _ random: inout SeededRandom) -> [Double] {
    switch damage {
    case .none, .outliers: return values
    case .missing(let share): return values.map { random.happens(share) ? .nan : $0 }
    case .hole(let share):
      let length = Int(share * Double(values.count))
      let start = random.whole(values.count / 5...max(values.count / 5, values.count * 3 / 5))
      return values.indices.map { (start..<start + length).contains($0) ? .nan : values[$0] }
    }
  }

  /// FNV-1a of the name: families have nothing to do with each other's numbers.
  private static func number(of name: String) -> UInt64 {
    name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
  }
}
