import FoundationEssentials
import Testing
import Twins

@testable import Analysis
@testable import Jobs

@Suite("Insight rules")
struct InsightRuleTests {
  private static func noise(_ days: Int, level: Double = 50, seed: UInt64 = 1, phi: Double = 0.4) -> [Double] {
    var noise = SimulatedNoise(seed: seed)
    return noise.autoregression(days, phi).map { level + 3 * $0 }
  }

  private static func rule(_ findings: [Finding], _ rule: String) -> [Finding] {
    findings.filter { $0.subject.rule == rule }
  }

  @Test("a trend to the worse is told with its size, interval and verdict; to the better it is of low severity")
  func trend() throws {
    let noise = Self.noise(120, level: 40)
    let drifting = noise.enumerated().map { $0.element + 0.5 * Double(max(0, $0.offset - 50)) }
    for (metric, verdict, severity) in [
      ("redness_index", "getting worse", Threshold.Severity.high), ("hydration_index", "improving", .low),
    ] {
      let findings = Self.rule(try SimulatedTwin([metric: drifting]).findings(), "trend")
      let finding = try #require(findings.first)
      #expect(findings.count == 1 && finding.subject.aspect == "up" && finding.type == .trend)
      #expect(finding.story.title.contains("is \(verdict): rising by"))
      #expect(finding.severity == severity, "\(finding.size)")
      let change = try #require(finding.story.evidence.first { $0.name == "change" }?.value)
      let low = try #require(finding.story.evidence.first { $0.name == "change_lo95" }?.value)
      let high = try #require(finding.story.evidence.first { $0.name == "change_hi95" }?.value)
      // 55 steps of 0.5.
      #expect(low < 27.5 && 27.5 < high && low < change && change < high && low > 0)
      #expect(finding.confidence > 0.99)
    }
  }

  @Test("noise has no trends, changes or records: 25 twins of nine autocorrelated metrics")
  func quiet() throws {
    var stated: [String] = []
    let metrics = try #require(try SimulatedTwin([:]).catalog["skincare"]).metrics.map(\.name)
    for twin in 0..<25 {
      var values: [String: [Double]] = [:]
      for (index, metric) in metrics.enumerated() {
        values[metric] = Self.noise(120, seed: UInt64(1000 * twin + index), phi: [0, 0.5, 0.8][index % 3])
      }
      stated += try SimulatedTwin(values).findings().filter { ["trend", "change"].contains($0.subject.rule) }.map(
        \.story.title)
    }
    #expect(stated.count <= 1, "\(stated)")
  }

  @Test("a step is a change and no trend, with the levels of both sides")
  func change() throws {
    let values = Self.noise(120).enumerated().map { $0.element - ($0.offset >= 85 ? 12 : 0) }
    let findings = try SimulatedTwin(["hydration_index": values]).findings()
    let change = try #require(Self.rule(findings, "change").first)
    #expect(change.subject.aspect == "down" && change.severity >= .medium)
    #expect(abs(change.onset.timeIntervalSince(SimulatedTwin.date(85))) <= 2 * 86_400)
    let means = ["mean_before", "mean_after"].map { name in
      change.story.evidence.first { $0.name == name }?.value ?? .nan
    }
    #expect(abs(means[0] - 50) < 2 && abs(means[1] - 38) < 2)
    #expect(Self.rule(findings, "trend").isEmpty)
    // 60 samples later it is no news any more.
    let later = values + Self.noise(70, level: 38, seed: 9)
    #expect(Self.rule(try SimulatedTwin(["hydration_index": later]).findings(), "change").isEmpty)
  }

  @Test("values that become restless are a change of scatter")
  func scatter() throws {
    let values = Self.noise(140, phi: 0).enumerated().map { $0.offset >= 100 ? 50 + 5 * ($0.element - 50) : $0.element }
    let change = try #require(Self.rule(try SimulatedTwin(["hydration_index": values]).findings(), "change").first)
    #expect(change.subject.aspect == "restless" && change.story.title.contains("more restless since"))
  }

  @Test("a state counts from as many observations in a row as the domain asks, missing days neither way")
  func threshold() throws {
    let calm = Self.noise(60)
    let three = calm + [72, .nan, 74, 75]
    let finding = try #require(Self.rule(try SimulatedTwin(["redness_index": three]).findings(), "threshold").first)
    #expect(finding.severity == .medium && finding.confidence == 1 && finding.type == .risk)
    #expect(finding.story.title == "Redness has been above 70.0 points for 3 observations in a row")
    #expect(finding.onset == SimulatedTwin.date(60))
    #expect(Self.rule(try SimulatedTwin(["redness_index": calm + [72, 74]]).findings(), "threshold").isEmpty)
    #expect(Self.rule(try SimulatedTwin(["redness_index": calm + [72, 74, 75, 69]]).findings(), "threshold").isEmpty)
    let high = try SimulatedTwin(["redness_index": calm + [72, 86, 87, 88]]).findings()
    #expect(Self.rule(high, "threshold").map(\.severity) == [.high], "the most serious one only")
  }

  @Test("a prediction beyond a threshold is a risk from half a chance on, and stays while it is likely")
  func forecast() throws {
    var twin = try SimulatedTwin(["redness_index": Self.noise(60)])
    twin.predict("redness_index", mean: [60, 66, 71, 72, 73, 74], reach: 4)
    let finding = try #require(Self.rule(try twin.findings(), "forecast").first)
    #expect(finding.onset == SimulatedTwin.date(62) && finding.severity == .low)
    // 1 − Φ(−1 · 1.96 / 4) of the first of three days.
    #expect(abs(finding.confidence - 0.6879) < 0.001)
    #expect(finding.story.description.contains("at least 69 % on each of 3 steps"))
    #expect(finding.story.evidence.allSatisfy { $0.job == 5 && $0.source == .prediction })

    twin.upstream.predictions = []
    twin.predict("redness_index", mean: [60, 69.4, 69.4, 69.4], reach: 4)
    #expect(Self.rule(try twin.findings(), "forecast").isEmpty)
    let open = try twin.evidence(open: [finding.subject])
    #expect(Self.rule(try Insight.findings(in: open), "forecast").count == 1, "a lower bar to stay")

    twin.values["redness_index"]? += [72, 74, 75]
    twin.upstream.predictions = []
    twin.predict("redness_index", mean: [80, 80, 80], reach: 4)
    let held = try twin.findings()
    #expect(Self.rule(held, "forecast").isEmpty && Self.rule(held, "threshold").count == 1)
  }

  @Test("a wild value is an anomaly while it is new, worse to the worse side")
  func anomaly() throws {
    var values = Self.noise(160)
    values[155] = 85
    for (metric, severity) in [("redness_index", Threshold.Severity.medium), ("hydration_index", .low)] {
      let finding = try #require(Self.rule(try SimulatedTwin([metric: values]).findings(), "anomaly").first)
      #expect(finding.severity == severity && finding.subject.aspect == "up")
      #expect(finding.onset == SimulatedTwin.date(155) && finding.story.title.hasSuffix("on 2024-06-04: 85.0 points"))
    }
    let later = values + Self.noise(20, seed: 4)
    #expect(Self.rule(try SimulatedTwin(["redness_index": later]).findings(), "anomaly").isEmpty)
  }

  @Test("what is wild by a normal tail is nothing to a metric whose own tail is heavy")
  func heavyTail() throws {
    // Six robust standard deviations out, in noise of a normal and of a heavy tail (Student's t with 3 degrees of freedom).
    func anomalies(isHeavy: Bool) throws -> Int {
      try (1...40).count { seed in
        var noise = SimulatedNoise(seed: UInt64(seed))
        let values = (0..<200).map { _ in
          let z = noise.normal()
          guard isHeavy else { return 50 + 2 * z }
          let squares = (0..<3).reduce(0.0) { sum, _ in
            let w = noise.normal()
            return sum + w * w
          }
          return 50 + 2 * z / (squares / 3).squareRoot()
        }
        let spiked = values.enumerated().map { $0.offset == 195 ? 50 + 12 * (isHeavy ? 1.13 : 1) : $0.element }
        return try !Self.rule(SimulatedTwin(["redness_index": spiked]).findings(), "anomaly").isEmpty
      }
    }
    let (normal, heavy) = (try anomalies(isHeavy: false), try anomalies(isHeavy: true))
    #expect(normal >= 30 && heavy <= 6, "\(normal) and \(heavy) of 40")
  }

  @Test("a metric at the end of its range is not stuck there")
  func floor() throws {
    for (value, stuck) in [(0.0, false), (100, false), (41, true)] {
      let values = Self.noise(120).enumerated().map { $0.offset >= 106 ? value : $0.element }
      let faults = Self.rule(try SimulatedTwin(["hydration_index": values]).findings(), "data_quality")
      #expect(faults.contains { $0.subject.aspect == "stuck" } == stuck, "\(value)")
    }
  }

  @Test("faults of measuring: stuck, gap, out of range, another unit, ended")
  func quality() throws {
    let calm = Self.noise(120)
    func aspects(_ values: [Double], other: [Double]? = nil) throws -> [String] {
      var all = ["hydration_index": values]
      all["redness_index"] = other
      return Self.rule(try SimulatedTwin(all).findings(), "data_quality").map(\.subject.aspect)
    }
    #expect(try aspects(calm).isEmpty)
    #expect(try aspects(calm + [Double](repeating: 41.5, count: 9)) == ["stuck"])
    #expect(try aspects(calm + [Double](repeating: .nan, count: 6) + [50, 51]) == ["gap"])
    #expect(try aspects(calm + [50, 160, 51]) == ["out_of_range"])
    let unit = try SimulatedTwin(["hydration_index": calm + Self.noise(12, seed: 6, phi: 0.2).map { $0 / 100 }])
      .findings()
    #expect(Self.rule(unit, "data_quality").map(\.subject.aspect) == ["unit"], "\(unit.map(\.story.title))")
    #expect(try aspects(calm[..<110].map { $0 }, other: Self.noise(120, seed: 3)) == ["ended"])
  }

  @Test("the best week for three months is a milestone, of a metric whose direction is known")
  func bestLevel() throws {
    let values = Self.noise(110, phi: 0) + [60, 61, 59, 60, 62, 61, 60]
    let found = Self.rule(try SimulatedTwin(["hydration_index": values]).findings(), "best_level")
    #expect(found.count == 1 && found.first?.type == .milestone)
    #expect(found.first?.story.title == "Hydration is at its best for 110 days")
    #expect(Self.rule(try SimulatedTwin(["redness_index": values]).findings(), "best_level").isEmpty)
  }

  @Test("correlations and effects are told from the domain's bar on, with their own jobs as evidence")
  func conclusions() throws {
    var twin = try SimulatedTwin(["hydration_index": Self.noise(60), "redness_index": Self.noise(60, seed: 2)])
    twin.relate("sleep_hours", "hydration_index", r: 0.45)
    twin.relate("sleep_hours", "redness_index", r: 0.1, label: "too small")
    twin.relate("water_liters", "redness_index", r: 0.4, q: 0.2, label: "too doubtful")
    twin.relate("sugar_grams", "redness_index", r: 0.4, n: 40, label: "too few")
    twin.affect("retinol 0.3%", [("hydration_index", 5, 2, "better", 0.8), ("redness_index", 6, 3, "worse", 1.2)])
    twin.affect("oat cleanser", [("hydration_index", 1, 2, "better", 0.5)])
    let findings = try twin.findings()
    let relation = try #require(Self.rule(findings, "relation").first)
    #expect(Self.rule(findings, "relation").count == 1)
    #expect(relation.story.title == "Hydration rises with sleep, 1 day later" && relation.actions == ["sleep longer"])
    #expect(relation.story.evidence.filter { $0.name == "r" }.map(\.job) == [11])
    let effects = Self.rule(findings, "effect")
    #expect(effects.map(\.type) == [.opportunity, .risk] && effects.map(\.severity) == [.low, .high])
    #expect(effects[0].story.title == "Hydration rose by 5.00 points after product retinol 0.3% began")
    #expect(effects[0].story.evidence.contains { $0.text == "retinol 0.3%" && $0.value == nil && $0.job == 13 })
  }
}
