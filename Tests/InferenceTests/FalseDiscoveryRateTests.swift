import Testing

@testable import Inference

@Suite("False discovery rate")
struct FalseDiscoveryRateTests {
  /// The fifteen p values of Benjamini and Hochberg (1995), section 3.2.
  static let published = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1,
  ]

  @Test("the published example keeps four findings, and its q are scipy's")
  func published() {
    let q = FalseDiscoveryRate.adjusted(Self.published)
    #expect(q.count { $0 <= 0.05 } == 4)
    // scipy 1.17: stats.false_discovery_control.
    let expected = [0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.06385714, 0.06385714, 0.0645, 0.0765]
    for (value, right) in zip(q, expected) { #expect(abs(value - right) < 1e-8) }
    #expect(q[14] == 1)
  }

  @Test("q keeps the order of its input")
  func order() {
    let q = FalseDiscoveryRate.adjusted(Self.published)
    #expect(FalseDiscoveryRate.adjusted(Self.published.reversed()) == q.reversed())
    #expect(FalseDiscoveryRate.adjusted([]).isEmpty)
  }

  @Test("the surest finding of a family is held to a fifth of the level, and every finding to family and whole")
  func families() {
    let p = [0.0004, 0.004, 0.5, 0.9, 0.011, 0.6, 0.7, 0.8]
    let q = FalseDiscoveryRate.adjusted(p, families: [0, 0, 0, 0, 1, 1, 1, 1])
    let own = FalseDiscoveryRate.adjusted(Array(p[..<4]))
    let whole = FalseDiscoveryRate.adjusted(p)
    #expect(q[0] == max(own[0] * 5, whole[0]))
    #expect(q[1] == max(own[1], whole[1]))
    // Alone in its family: 4 · 0.011 · 5.
    #expect(abs(q[4] - 0.22) < 1e-12)
    #expect(zip(q, whole).allSatisfy { $0 >= $1 })
  }
}
