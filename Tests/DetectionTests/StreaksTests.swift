import Testing

@testable import Detection

@Suite("Streaks and adherence")
struct StreaksTests {
  @Test("current and longest runs, with dates that are not known in between")
  func runs() {
    let streaks = Streaks(of: [true, true, true, false, nil, true, nil, true])
    #expect(streaks.current == 2 && streaks.longest == 3 && streaks.longestStart == 0 && streaks.currentMissed == 0)
    let missed = Streaks(of: [true, false, nil, false])
    #expect(missed.current == 0 && missed.currentMissed == 2 && missed.longest == 1)
    #expect(Streaks(of: [nil]).longestStart == nil && Streaks(of: []).longest == 0)
  }

  @Test("of equal runs the latest is the longest")
  func latest() {
    #expect(Streaks(of: [true, true, false, true, true]).longestStart == 3)
  }

  @Test("the interval of alternating dates is Wilson's")
  func wilson() throws {
    // 10 of 20: 0.2993, 0.7007 (Wilson 1927; statsmodels proportion_confint).
    let adherence = try #require(Adherence(of: (0..<20).map { $0 % 2 == 0 }))
    #expect(adherence.kept == 10 && adherence.share == 0.5)
    #expect(abs(adherence.lower - 0.29930) < 1e-5 && abs(adherence.upper - 0.70070) < 1e-5)
  }

  @Test("dates that come in runs tell less: the interval is wider")
  func correlated() throws {
    let blocks = try #require(Adherence(of: (0..<40).map { $0 / 10 % 2 == 0 }))
    let mixed = try #require(Adherence(of: (0..<40).map { $0 % 2 == 0 }))
    #expect(blocks.share == mixed.share && blocks.upper - blocks.lower > 1.5 * (mixed.upper - mixed.lower))
  }

  @Test("only the last dates count where that is asked, and unknown ones are counted apart")
  func last() throws {
    let adherence = try #require(Adherence(of: [false, false, false, true, nil, true], last: 3))
    #expect(adherence.kept == 2 && adherence.known == 2 && adherence.unknown == 1 && adherence.share == 1)
    #expect(adherence.lower > 0 && adherence.upper == 1)
    #expect(Adherence(of: [nil, nil]) == nil && Adherence(of: []) == nil)
  }
}
