import Foundation
import Testing

@testable import Detection

@Suite("TailSurprise")
struct TailSurpriseTests {
  /// 0, 1, …, 999 in a scattered order.
  private func thousand() -> TailSurprise {
    var tail = TailSurprise()
    for i in 0..<1_000 { _ = tail.next(Double((i * 617) % 1_000)) }
    return tail
  }

  @Test("in the bulk the surprise is that of the rank, on the rarer side")
  func bulk() {
    var tail = thousand()
    // 100 values are at or above 900.
    #expect(abs(tail.next(900) + log10(100.5 / 1_001)) < 1e-12)
    var other = thousand()
    // 101 values are at or below 100.
    #expect(abs(other.next(100) + log10(101.5 / 1_001)) < 1e-12)
  }

  @Test("beyond all values the surprise is that of the Pareto tail")
  func tail() {
    var tail = thousand()
    // The tail: 50 values above 949, a mean excess of 25.5 and so a scale of 25.5 (1 − ξ)/ξ, ξ = ¼. (The floor of the
    // scale is 0.1 · (949 − 500) = 44.9, which is more.)
    let chance = 50.5 / 1_001 * pow(1 + (1_500 - 949) / (44.9 * 3), -4)
    #expect(abs(tail.next(1_500) + log10(chance)) < 1e-9)
  }

  @Test("both sides are alike")
  func symmetry() {
    var noise = Noise(seed: 3)
    var upper = TailSurprise()
    var lower = TailSurprise()
    for _ in 0..<2_001 {
      let value = exp(noise.normal())
      #expect(abs(upper.next(value) - lower.next(-value)) < 1e-9)
    }
  }

  @Test("what was seen ten times is no rarer than that")
  func seen() {
    var tail = TailSurprise()
    var noise = Noise(seed: 4)
    for i in 0..<2_000 { _ = tail.next(i % 200 == 199 ? 100 : noise.normal()) }
    #expect(abs(tail.next(100) + log10(10.5 / 2_001)) < 1e-12)
  }

  @Test("nothing is surprising at first, nor a missing value")
  func first() {
    var tail = TailSurprise()
    for i in 0..<50 { #expect(tail.next(i == 49 ? 1e9 : Double(i)) == 0) }
    #expect(tail.next(.nan) == 0 && tail.next(.infinity) == 0)
    #expect(tail.next(-1e9) > 0)
  }

  @Test("the history is bounded: what left it counts no more")
  func bounded() {
    var tail = TailSurprise()
    for _ in 0..<100 { _ = tail.next(50) }
    for i in 0..<TailSurprise.mostHistory { _ = tail.next(Double(i % 10)) }
    // Not one value as great is left; one of a hundred in 20,000 would hold the surprise at 2.3.
    #expect(tail.next(50) > 3.5)
  }
}
