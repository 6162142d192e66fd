import Glibc
import Numerics
import Testing

@testable import Inference

@Suite("Heavy tails")
struct HeavyTailTests {
  /// Midpoints of n equal parts of (0, 1).
  private static func places(_ n: Int) -> [Double] { (0..<n).map { (Double($0) + 0.5) / Double(n) } }

  @Test("chances are those of the mixture of t distributions, computed with scipy")
  func chances() throws {
    let logistic = try #require(HeavyTail(Self.places(90).map { log($0 / (1 - $0)) }))
    for (deviation, chance) in [(4.0, 0.03446735), (8, 0.00162868), (-12, 0.00034976)] {
      #expect(abs(logistic.chance(of: deviation) - chance) < 1e-6)
    }
    let cauchy = try #require(HeavyTail(Self.places(90).map { tan(.pi * ($0 - 0.5)) }))
    for (deviation, chance) in [(4.0, 0.10536687), (8, 0.02978884), (12, 0.01357331)] {
      #expect(abs(cauchy.chance(of: deviation) - chance) < 1e-6)
    }
    let uniform = try #require(HeavyTail(Self.places(90).map { $0 - 0.5 }))
    #expect(abs(uniform.chance(of: 1) - 1.27574728e-3) < 1e-6)
  }

  @Test("too few residuals, and ones that are mostly 0, tell no tail")
  func nothing() {
    #expect(HeavyTail(Self.places(19)) == nil)
    #expect(HeavyTail([Double](repeating: 0, count: 30) + Self.places(25)) == nil)
  }

  /// 80 samples, no noise but as good as.
  private static let waves = (0..<80).map { sin(Double($0 * $0) * 0.7) + 0.5 * sin(1.3 * Double($0)) }

  @Test("p of a step is that of the likelihood ratio, computed with scipy; a leap that fades is none")
  func step() throws {
    let waves = Self.waves
    #expect(abs(try #require(HeavyTailedStep.p(waves, start: 50)) - 0.513527) < 0.01)
    var stepped = waves.enumerated().map { $0.element + ($0.offset >= 50 ? 1.5 : 0) }
    #expect(abs(log(try #require(HeavyTailedStep.p(stepped, start: 50)) / 2.139187e-7)) < 0.1)
    let leapt = waves.enumerated().map { $0.element + ($0.offset >= 50 ? 6 * pow(0.85, Double($0.offset - 50)) : 0) }
    #expect(abs(try #require(HeavyTailedStep.p(leapt, start: 50)) - 0.031779) < 0.003)
    for i in stepped.indices where i % 9 == 4 { stepped[i] = .nan }
    #expect(abs(log(try #require(HeavyTailedStep.p(stepped, start: 50)) / 8.097134e-9)) < 0.1)
  }

  @Test("a step needs seven observations on either side, and some scatter")
  func tooFew() {
    #expect(HeavyTailedStep.p(Self.waves, start: 6) == nil && HeavyTailedStep.p(Self.waves, start: 74) == nil)
    #expect(HeavyTailedStep.p([Double](repeating: 3, count: 40), start: 20) == nil)
  }
}
