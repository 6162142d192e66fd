import Domains
import FoundationEssentials
import Queue
import Testing
import Twins

@testable import Analysis
@testable import Jobs

@Suite("Verdicts on effects")
struct EffectVerdictTests {
  /// The verdict on a cream that is used from day 120 of 240 on, where redness rises by three standard deviations of its
  /// noise on a day.
  private func verdict(risingOn day: Int, seed: UInt64) async throws -> String? {
    var noise = SimulatedNoise(seed: seed)
    let values = noise.autoregression(240, 0.3).enumerated().map {
      50 + 3 * $0.element + ($0.offset >= day ? 9 : 0)
    }
    let dates = values.indices.map { SimulatedTwin.date($0).addingTimeInterval(32_400) }
    let history = TwinHistory(
      twin: SimulatedTwin.id, domainName: "skincare", subject: "1", hasTables: true,
      observations: [Observations(metric: "redness_index", observedAt: dates, values: values)],
      events: [TwinEvent(occurredAt: dates[120], type: "product_started", factor: "cream")], lastInputHash: nil,
      readAt: SimulatedTwin.date(240))
    let catalog = try Domains.catalog()
    let job = SimulatedTwin.job(kind: "effect")
    let input = try EffectInput(ResolvedTwin(history, catalog: catalog), EffectArguments.decode(job))
    guard case .store(let output) = try await Effect(catalog: catalog).compute(input, for: job),
      let row = output.rows.first
    else { return nil }
    let verdicts: [String] = ["better", "worse", "no_evidence"]
    return verdicts.first { row.observed.contains(#""verdict":"\#($0)""#) }
      ?? "none in \(row.observed)"
  }

  @Test("a product is named for what begins with it, not for what began eight days before or ten days later")
  func elsewhere() async throws {
    for seed in 1...3 as ClosedRange<UInt64> {
      let (atStart, before, after) = (
        try await verdict(risingOn: 120, seed: seed), try await verdict(risingOn: 112, seed: seed),
        try await verdict(risingOn: 130, seed: seed)
      )
      #expect(atStart == "worse" && before == "no_evidence" && after == "no_evidence")
    }
  }
}
