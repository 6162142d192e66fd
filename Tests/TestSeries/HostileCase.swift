import Foundation
import Numerics

/// Series made up by a number: the same in every run.
public struct HostileCase {
  private var random: SeededRandom

  /// Cases of one number and different families have nothing in common.
  public init(number: Int, family: UInt64 = 0) {
    random = SeededRandom(
      state: UInt64(bitPattern: Int64(number)) &* 0x9E37_79B9_7F4A_7C15 ^ family &* 0xD1B5_4A32_D192_ED03)
  }

  /// Uniform on [0, 1).
  public mutating func uniform() -> Double { random.uniform() }

  /// 0..<count.
  public mutating func below(_ count: Int) -> Int { min(Int(uniform() * Double(count)), count - 1) }

  /// One of them, each as likely.
  public mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }

  /// Instants about a step of some length, in order or not, with some that are equal, far away or none at all.
  public mutating func instants() -> [Date] {
    let count = pick([0, 1, 2, 3, 10, below(100), below(100)])
    let base = pick([0, -1, 1e9, 1_711_846_800, 1_325_239_200, -62_135_596_800, 253_402_300_000, -1e10])
    let gap = pick([1e-7, 1e-6, 0.1, 0.3, 1, 60, 3_600, 86_400, 604_800, 2_629_746, 31_556_952, 1e10])
    let jitter = pick([0, 0, 0.01, 0.4, 3])
    var seconds = (0..<count).map { base + gap * (Double($0) + jitter * (uniform() - 0.5)) }
    for _ in 0..<below(4) where count > 0 {
      let at = below(count)
      switch below(6) {
      case 0, 1: seconds[at] = seconds[below(count)]
      case 2: seconds.swapAt(at, below(count))
      case 3: seconds[at] += pick([1e-9, -1e-9, 3_600, -3_600, 1e6])
      case 4: for t in at..<count { seconds[t] += gap * Double(below(50)) }
      default: if below(4) == 0 { seconds[at] = pick([.nan, .infinity, -1e300, 1e12]) }
      }
    }
    return seconds.map { Date(timeIntervalSince1970: $0) }
  }

  /// A base, and up to three things done to it.
  public mutating func values(limit: Int) -> [Double] {
    let count = pick([0, 1, 2, 3, 4, 5, 8, 13, 30, below(60), below(limit), below(limit)])
    let level = pick([0, 1, -5, 100, 1e-300, 1e300, 1e15])
    let scale = pick([0, 1, 10, 1e-12, 1e8, 1e299])
    let period = pick([2, 4, 7, 12])
    let shape = below(7)
    var last = 0.0
    var values = (0..<count).map { t -> Double in
      let noise = uniform() - 0.5
      switch shape {
      case 0: last = noise
      case 1: last += noise
      case 2: last = Double(t % period) + (t % 3 == 0 ? noise : 0)
      case 3: last = Double(t)
      case 4: last = t % 2 == 0 ? 1 : -1
      case 5: last = noise > 0.3 ? (10 * noise).rounded() : 0
      default: last = last * 1.5 + noise
      }
      return level + scale * last
    }
    for _ in 0..<below(4) where count > 0 {
      let at = below(count)
      let run = at..<min(count, at + 1 + below(below(3) == 0 ? count : 5))
      switch below(7) {
      case 0, 1: for t in run { values[t] = .nan }
      case 2: values[at] = pick([1e300, -1e300, 1e12, -1, 0, .leastNonzeroMagnitude, .greatestFiniteMagnitude])
      case 3: for t in run { values[t] = values[at] }
      case 4: for t in run { values[t] = 0 }
      case 5: for t in at..<count { values[t] += scale * 50 }
      default: if below(8) == 0 { values[at] = .infinity }
      }
    }
    return values
  }
}
