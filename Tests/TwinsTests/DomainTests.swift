import Domains
import Testing

@testable import Twins

@Suite("Domain definitions")
struct DomainTests {
  @Test("the domains that come with the program are valid")
  func shipped() throws {
    let catalog = try Domains.catalog()
    #expect(catalog.domains.map(\.name) == ["skincare", "reactor", "goals", "propositions", "tasks", "sensor"])
    let skincare = try #require(catalog["skincare"])
    #expect(skincare.metric("oil_balance")?.direction == .middle(best: 50))
    #expect(skincare.metric("hydration_index")?.direction == .higher)
    #expect(skincare.metric("redness_index")?.accepts(100) == true)
    #expect(skincare.metric("redness_index")?.accepts(100.1) == false)
    #expect(skincare.metric("redness_index")?.accepts(.nan) == false)
    #expect(skincare.metric("acne") == nil)
    #expect(skincare.metric("uv_index") == nil, "a factor is no metric")
    #expect(skincare.factor("uv_index")?.type == .environment && skincare.factor("uv_index")?.isControllable == false)
    #expect(skincare.factor("sleep_hours")?.isControllable == true && skincare.factor("sleep_hours")?.more != nil)
    #expect(skincare.factor("temperature_c")?.accepts(-61) == false)
    #expect(skincare.factor("texture_score") == nil)
    #expect(skincare.interventions == [Intervention(event: "product", type: .product, label: "product")])
    #expect(skincare.intervention(begunBy: "product_started")?.event == "product")
    #expect(skincare.intervention(begunBy: "product_stopped") == nil)
    let sensor = try #require(catalog["sensor"])
    #expect(sensor.metric("anything at all")?.name == "anything at all")
    #expect(sensor.metric("x")?.intervalSeconds == nil)
  }

  private static let valid = """
    domain: pump
    summary: A pump
    interval_seconds: 60
    horizon: 10
    history_points: 100
    metrics:
      - {name: heat, unit: C, minimum: 0, maximum: 100, direction: lower}
    factors:
      - {name: load, type: operation, unit: "%", minimum: 0, maximum: 100, aggregation: maximum}
    interventions:
      - {event: repair, type: operation}
    thresholds:
      - {metric: heat, above: 90, observations: 2, severity: high}
    """

  @Test("the definition in the tests is valid")
  func baseline() throws {
    let file = try DomainFile(Self.valid)
    #expect(file.metrics[0].intervalSeconds == 60)
    #expect(file.factors.map(\.label) == ["load"] && file.factors[0].aggregation == .maximum)
    #expect(file.interventions == [Intervention(event: "repair", type: .operation, label: "repair")])
    #expect(file.thresholds == [Threshold(metric: "heat", bound: .above(90), observations: 2, severity: .high)])
  }

  @Test(
    "what is wrong is said with its place and the remedy",
    arguments: [
      ("domain: pump", "domain: Pump 1", "lower-case letters"),
      ("domain: pump\n", "", "domain, line 1: missing"),
      ("summary: A pump\n", "", "domain pump: summary, line 1: missing"),
      ("horizon: 10", "horizon: 0", "whole number from 1 to 1000"),
      ("horizon: 10", "horizont: 10", "unknown key \"horizont\""),
      ("interval_seconds: 60", "interval_seconds: -1", "-1.0 is no length of time; give seconds"),
      ("interval_seconds: 60", "interval_seconds: 1.0e+300", "is no length of time"),
      ("interval_seconds: 60", "interval_seconds: 60\nseason_seconds: [3600, 0]", "0.0 is no length of time"),
      ("interval_seconds: 60", "interval_seconds: often", "must be a number"),
      ("minimum: 0", "minimum: 100", "not above the minimum"),
      ("minimum: 0", "minimum: .inf", "must be a number"),
      ("direction: lower", "direction: down", "\"down\" is not one of higher, lower, middle"),
      ("direction: lower", "direction: middle", "direction middle needs the best value"),
      ("direction: lower", "direction: middle, best: 101", "outside the metric's range"),
      ("direction: lower", "direction: lower, best: 5", "only direction middle has a best value"),
      ("unit: C, ", "", "metrics[0].unit"),
      ("metric: heat", "metric: cold", "no metric \"cold\""),
      ("metric: heat", "metric: load", "no metric \"load\""),
      ("type: operation, unit", "type: weather, unit", "\"weather\" is not one of product, environment, lifestyle"),
      ("type: operation, unit", "unit", "domain pump: factors[0].type, line 9: missing; one of product"),
      ("name: load", "name: heat", "a name is either a metric or a factor"),
      ("maximum: 100, aggregation", "maximum: 0, aggregation", "factors[0].maximum, line 9: 0.0 is not above"),
      ("aggregation: maximum", "aggregation: maximal", "\"maximal\" is not one of"),
      ("aggregation: maximum", "controllable: often", "must be true or false"),
      ("aggregation: maximum", "direction: lower", "factors[0], line 9: unknown key \"direction\""),
      ("  - {name: load,", "  - {name: load, type: content}\n  - {name: load,", "factor \"load\" is there twice"),
      ("event: repair", "event: repair_started", "repair stands for repair_started and repair_stopped"),
      ("event: repair", "event: Repair", "lower-case letters"),
      ("  - {event: repair,", "  - {event: repair, type: content}\n  - {event: repair,", "\"repair\" is there twice"),
      ("{event: repair, type: operation}", "{event: repair}", "interventions[0].type, line 11: missing"),
      ("above: 90", "above: 90, below: 3", "either above or below"),
      ("observations: 2", "observations: 0", "whole number from 1"),
      ("severity: high", "severity: awful", "\"awful\" is not one of low, medium, high"),
      ("metrics:\n", "metric:\n", "unknown key \"metric\""),
      ("domain: pump", "domain: pump\ntables: [a, b]", "tables, line 2: must be a mapping"),
      ("domain: pump", "domain: pump\ntables: {a: []}", "must list the columns that are read"),
      ("domain: pump", "domain: pump\ntables: {a: [B]}", "\"B\" is no name of a table or column"),
      ("domain: pump", "domain: pump\nschema: A B", "is no schema name"),
      ("  - {name: heat,", "  - {name: heat, unit: C}\n  - {name: heat,", "metric \"heat\" is there twice"),
    ])
  func invalid(part: String, replacement: String, problem: String) throws {
    let text = Self.valid.replacing(part, with: replacement)
    #expect(text != Self.valid)
    let error = #expect(throws: DomainError.self) { _ = try DomainFile(text) }
    #expect(error?.description.contains(problem) == true, "\(error?.description ?? "none")")
  }

  @Test("where any metric is taken, a factor is still none")
  func anyMetric() throws {
    let text = Self.valid.replacing(
      "  - {name: heat, unit: C, minimum: 0, maximum: 100, direction: lower}", with: "any_metric: {unit: \"\"}"
    ).replacing("metrics:\n", with: "")
    let domain = try Domain(
      Domain.Files(definition: text, schema: "", register: "", observations: "", events: ""),
      twinsSchema: "public")
    #expect(domain.metric("anything")?.name == "anything")
    #expect(domain.metric("load") == nil && domain.factor("load")?.type == .operation)
  }

  @Test("what is no YAML mapping is refused", arguments: ["", "- a", "just text", "a: [", "\t"])
  func noMapping(text: String) {
    #expect(throws: DomainError.self) { _ = try DomainFile(text) }
  }
}

@Suite("Fingerprint")
struct FingerprintTests {
  @Test("is FNV-1a of 128 bits, by its published values")
  func published() {
    var hash = Fingerprint()
    #expect(hash.hex == "6c62272e07bb014262b821756295c58d")
    hash.combine(bytes: "a".utf8)
    #expect(hash.hex == "d228cb696f1a8caf78912b704e4a8964")
    var other = Fingerprint()
    other.combine(bytes: "foobar".utf8)
    #expect(other.hex == "343e1662793c64bf6f0d3597ba446f18")
  }

  @Test("tells apart what differs in a bit or in its division")
  func tells() {
    func hash(_ body: (inout Fingerprint) -> Void) -> String {
      var fingerprint = Fingerprint()
      body(&fingerprint)
      return fingerprint.hex
    }
    #expect(hash { $0.combine(0.0) } != hash { $0.combine(-0.0) })
    #expect(hash { $0.combine(1.0) } != hash { $0.combine(1.0.nextUp) })
    #expect(
      hash {
        $0.combine("ab")
        $0.combine("c")
      }
        != hash {
          $0.combine("a")
          $0.combine("bc")
        })
  }
}
