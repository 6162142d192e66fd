import Domains
import FoundationEssentials
import Testing

@testable import Twins

@Suite("Uses of interventions")
struct InterventionUseTests {
  /// Events as "day type factor" and uses as "factor from-to".
  private func uses(_ lines: String...) throws -> [String] {
    let events = lines.map { line in
      let parts = line.split(separator: " ")
      return TwinEvent(
        occurredAt: Date(timeIntervalSince1970: 86_400 * (Double(parts[0]) ?? -1)), type: String(parts[1]),
        factor: parts.count > 2 ? String(parts[2]) : "")
    }
    let text = """
      domain: test
      summary: test
      horizon: 1
      history_points: 10
      any_metric: {unit: ""}
      interventions:
        - {event: product, type: product}
        - {event: repair, type: operation}
      """
    let domain = try Domain(
      Domain.Files(definition: text, schema: "", register: "", observations: "", events: ""),
      twinsSchema: "public")
    func day(_ date: Date?) -> String { date.map { "\(Int($0.timeIntervalSince1970 / 86_400))" } ?? "?" }
    return InterventionUse.uses(events.sorted(by: TwinEvent.precedes), domain: domain).map {
      "\($0.factor) \(day($0.start))-\(day($0.end))" + ($0.isLasting ? "" : " at once")
    }
  }

  @Test("a start and its stop are one use; what never stops still acts; what never started was there before")
  func pairs() throws {
    #expect(
      try uses("1 product_started a", "5 product_stopped a", "7 product_started a", "3 product_started b") == [
        "a 1-5", "b 3-?", "a 7-?",
      ])
    #expect(try uses("4 product_stopped a", "9 product_stopped a") == ["a ?-4"])
    #expect(try uses("1 product_started a", "2 product_started a", "5 product_stopped a") == ["a 1-5"])
  }

  @Test("a stop and a start at one instant end one use and begin another; a use of no length never was")
  func sameInstant() throws {
    #expect(
      try uses("1 product_started a", "5 product_started a", "5 product_stopped a", "9 product_stopped a") == [
        "a 1-5", "a 5-9",
      ])
    #expect(try uses("5 product_started a", "5 product_stopped a") == [])
  }

  @Test("single events act from then on; events that nobody asks about are no use; names of one id are one")
  func kinds() throws {
    #expect(try uses("3 repair pump", "4 fault pump", "6 repair") == ["pump 3-? at once", "repair 6-? at once"])
    #expect(
      try uses(
        "1 product_started AAAAAAAA-0000-0000-0000-000000000000",
        "4 product_stopped aaaaaaaa-0000-0000-0000-000000000000")
        == ["aaaaaaaa-0000-0000-0000-000000000000 1-4"])
  }
}
