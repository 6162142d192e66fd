import Domains
import FoundationEssentials
import Testing

@testable import Analysis
@testable import Jobs
@testable import Twins

@Suite("Texts of many findings")
struct GeneratedTextTests {
  /// Twins with whatever makes findings: drifts, steps, spikes, stuck and missing values, predictions, correlations and
  /// effects, under names that hold numbers.
  private static func twin(_ seed: UInt64) throws -> SimulatedTwin {
    var noise = SimulatedNoise(seed: seed)
    var values: [String: [Double]] = [:]
    for (index, metric) in ["redness_index", "hydration_index", "oil_balance"].enumerated() {
      let kind = (Int(seed) + index) % 6
      values[metric] = noise.autoregression(130).enumerated().map { day, value in
        let base = 50 + 3 * value
        return switch kind {
        case 0: base + 0.45 * Double(max(0, day - 60))
        case 1: base - (day >= 100 ? 14 : 0)
        case 2: day == 126 ? 93.7 : base
        case 3: day > 118 ? 41.3 : base
        case 4: (120..<127).contains(day) ? .nan : day > 127 ? 133 : base
        default: day > 120 ? 86 + Double(day % 7) / 3 : base
        }
      }
    }
    var twin = try SimulatedTwin(values)
    twin.predict("redness_index", mean: [69, 71, 73, 75, 77].map { $0 + noise.normal() }, reach: 4 + noise.uniform())
    for (number, name) in ["B12 vitamin", "PM 2.5", "water"].enumerated() {
      twin.relate(
        ["sleep_hours", "uv_index", "sugar_grams"][number], "redness_index", r: noise.uniform() - 0.5,
        q: 0.02 * noise.uniform(), n: 60 + number, lag: number, label: name)
    }
    for name in ["retinol 0.3%", "7", "3f2a0000-0000-4000-8000-000000000000", "-5 °C\\n pack, 1.2e3"] {
      let effect = 12 * noise.uniform() - 6
      twin.affect(
        name,
        [
          ("redness_index", effect, abs(effect) * noise.uniform(), effect > 0 ? "worse" : "better", effect / 3),
          ("hydration_index", -effect, abs(effect) * noise.uniform(), effect > 0 ? "worse" : "better", -effect / 4),
        ], q: 0.019 * noise.uniform(), ended: noise.uniform() < 0.3 ? 110 : nil)
    }
    return twin
  }

  @Test("every number in every text stands in its evidence, with a job; of all types of insight and advice")
  func promise() throws {
    var types: Set<String> = []
    var texts = 0
    for seed in 0..<18 {
      let evidence = try Self.twin(UInt64(seed)).evidence()
      let findings = try Insight.findings(in: evidence)
      let advice =
        ProductAdvice().advice(on: evidence, insights: []) + FactorAdvice().advice(on: evidence, insights: [])
      types.formUnion(findings.map(\.type.rawValue))
      types.formUnion(advice.map(\.subject.rule))
      for story in findings.map(\.story) + advice.map(\.story) {
        texts += 1
        #expect(PrintedNumbers.unaccounted(in: story) == [], "\(story.title) | \(story.description)")
        #expect(story.title.unicodeScalars.count <= 255 && !story.title.isEmpty && !story.description.isEmpty)
        for row in story.evidence {
          #expect([5, 7, 11, 13].contains(row.job) && row.value?.isFinite ?? true && !row.name.isEmpty)
          if let text = row.text, let value = row.value, let shown = Double(text) {
            // Chances are printed with two digits, all else with three.
            let tolerance = ["p", "q"].contains(row.name) ? 0.051 : 0.0051
            #expect(abs(shown - value) <= tolerance * abs(value) + 1e-12, "\(text) for \(value)")
          }
        }
      }
      for finding in findings { #expect((0...1).contains(finding.confidence) && finding.size.isFinite) }
      for impact in advice.compactMap(\.impact) {
        #expect(impact.lower <= impact.mean && impact.mean <= impact.upper && impact.horizonDays > 0)
      }
    }
    #expect(texts > 100)
    #expect(
      types.isSuperset(of: ["trend", "risk", "opportunity", "anomaly", "change", "data_quality", "product", "factor"]),
      "\(types)")
  }
}
