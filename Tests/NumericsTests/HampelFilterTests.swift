import Testing

@testable import Numerics

@Suite("Wild samples")
struct HampelFilterTests {
  /// 0, 1, 2, 0, 1, 2 … has the median 1 and the median absolute deviation 1 around it.
  private let calm = (0..<60).map { Double($0 % 3) }

  @Test("a sample far from its neighbourhood is taken out, one at the bound stays")
  func spike() {
    var values = calm
    values[30] = 1 + 4.5 * 1.4826 + 0.01
    #expect(HampelFilter().applied(to: values)[30].isNaN)
    values[30] = 1 + 4.5 * 1.4826 - 0.01
    #expect(HampelFilter().applied(to: values) == values)
  }

  @Test("a change of level, constants and the missing stay as they are")
  func kept() {
    let step = calm.enumerated().map { $0.offset < 30 ? $0.element : $0.element + 40 }
    #expect(HampelFilter().applied(to: step) == step)
    let constant = [Double](repeating: 5, count: 20) + [9] + [Double](repeating: 5, count: 20)
    #expect(HampelFilter().applied(to: constant) == constant)
    var gaps = calm
    gaps[3] = .nan
    #expect(HampelFilter().applied(to: gaps)[3].isNaN)
    #expect(HampelFilter().applied(to: gaps).filter(\.isNaN).count == 1)
    #expect(HampelFilter().applied(to: []).isEmpty)
  }
}
