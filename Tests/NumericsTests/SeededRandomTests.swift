import Testing

@testable import Numerics

@Suite("Seeded random numbers")
struct SeededRandomTests {
  @Test("the state is that of the published generator")
  func published() {
    // The first outputs for the state 1234567, as printed with Vigna's splitmix64.c.
    var random = SeededRandom(state: 1_234_567)
    #expect(random.next() == 6_457_827_717_110_365_317)
    #expect(random.next() == 3_203_168_211_198_807_973)
  }

  @Test("one seed gives one sequence, and numbers stay inside of their ranges")
  func repeatable() {
    var (one, other) = (SeededRandom(seed: 7), SeededRandom(seed: 7))
    for _ in 0..<1000 {
      let number = one.uniform()
      #expect(number == other.uniform() && (0..<1).contains(number))
      let open = one.openUniform()
      #expect(open == other.openUniform() && open > 0 && open < 1)
    }
  }
}
