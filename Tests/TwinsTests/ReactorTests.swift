import Domains
import FoundationEssentials
import Postgres
import TestServer
import Testing
import Twins

@Suite("Reactor: telemetry, health, faults", .dropsDatabases)
struct ReactorTests {
  /// A database with one reactor, and readings a minute apart from 2024-01-01 on, given as SQL rows of five values.
  private func readings(_ rows: [String]) async throws -> DomainDatabase {
    let test = try await DomainDatabase.create()
    let values = rows.enumerated().map {
      "(1, '2024-01-01 00:00 UTC'::timestamptz + interval '\($0.offset) min', \($0.element))"
    }
    try await test.connection.script("INSERT INTO reactors (name, type) VALUES ('Point 1', 'CANDU')")
    if !values.isEmpty {
      try await test.connection.script(
        """
        INSERT INTO telemetry
          (reactor_id, timestamp, neutron_flux, core_temperature, pressure, vibration, tritium_level)
        VALUES \(values.joined(separator: ", "))
        """)
    }
    return test
  }

  @Test(
    "health is the weighted mean of how far each metric is out of its range",
    arguments: [
      ("1.2e13, 280, 12.5, 2.1, 450", 100.0), ("1.0e13, 320, 15, 5, 1000", 100), ("1.5e13, 260, 10, 0, 0", 100),
      // 352 is a tenth above 320: 90 of 100 points, weight 0.30.
      ("1.2e13, 352, 12.5, 2.1, 450", 97), ("1.2e13, 280, 8, 2.1, 450", 96), ("1.2e13, 280, 12.5, 10, 450", 85),
      ("1.2e13, 280, 12.5, 25, 450", 85), ("1.2e13, 280, 12.5, 2.1, 1500", 95),
      // The application itself computes these for a healthy CANDU and a healthy SMR.
      ("0.6e13, 280, 12.5, 2.1, 450", 90), ("0.44e13, 280, 12.5, 2.1, 450", 86),
      // Only recorded metrics count: 60 of 100 points.
      ("0.6e13, NULL, NULL, NULL, NULL", 60), ("NULL, 280, NULL, 10, NULL", 200.0 / 3),
      ("'NaN', 'Infinity', 12.5, 2.1, 450", 100), ("NULL, NULL, NULL, -1, -5", 0), ("NULL, 1e308, NULL, NULL, NULL", 0),
      ("NULL, -1e308, NULL, NULL, NULL", 0),
    ])
  func health(reading: String, expected: Double) async throws {
    let test = try await readings([reading])
    let health = try await test.history("reactor", "1").values("health_score")
    #expect(health.count == 1 && abs((health.first ?? -1) - expected) < 1e-9, "\(health)")
  }

  @Test("readings without any metric have no health; what is no number is skipped and counted")
  func hostile() async throws {
    let test = try await readings([
      "1.2e13, 280, 12.5, 2.1, 450", "NULL, NULL, NULL, NULL, NULL", "'NaN', '-Infinity', 'NaN', 'Infinity', 'NaN'",
      "1.3e13, NULL, 12, NULL, 451",
    ])
    try await test.connection.script(
      "INSERT INTO telemetry (reactor_id, timestamp, pressure) VALUES (1, 'infinity', 1)")
    let history = try await test.history("reactor", "1")
    #expect(history.days("neutron_flux") == ["01-01 12000000000000.0", "01-01 00:03 13000000000000.0"])
    #expect(history.values("core_temperature") == [280] && history.values("pressure") == [12.5, 12])
    #expect(history.values("health_score").count == 2)
    for metric in ["neutron_flux", "core_temperature", "pressure", "vibration", "tritium_level"] {
      #expect(history.skipped(metric) == 1)
    }
  }

  @Test("arrays are in order of time, within the range, and no longer than the domain's history")
  func order() async throws {
    let test = try await readings([])
    try await test.connection.script(
      """
      INSERT INTO telemetry (reactor_id, timestamp, pressure)
      SELECT r, '2024-01-01 UTC'::timestamptz + n * interval '1 min', n
      FROM generate_series(1, 2) r, generate_series(1, 2000) n ORDER BY random()
      """)
    let all = try await test.history("reactor", "1")
    #expect(all.values("pressure") == (561...2000).map(Double.init))
    let part = try await test.history("reactor", "1", from: "2024-01-01 00:05", until: "2024-01-01 00:08")
    #expect(part.values("pressure") == [5, 6, 7])
    // No reading of another reactor, none for a subject that is none.
    #expect(try await test.history("reactor", "3").values("pressure").isEmpty)
    #expect(try await test.history("reactor", "Point 1").values("pressure").isEmpty)
  }

  @Test("faults and repairs are events, two names of one fault are one")
  func events() async throws {
    let test = try await readings([])
    try await test.connection.script(
      """
      INSERT INTO faults (reactor_id, fault_type, severity, timestamp, resolved, resolved_at) VALUES
        (1, 'pressure_drop', 'yellow', '2024-01-01 UTC', true, '2024-01-02 UTC'),
        (1, ' Vibration_Increase', 'red', '2024-01-03 UTC', false, '2024-01-04 UTC'),
        (1, 'coolant_leak', 'red', '2024-01-05 UTC', true, NULL),
        (1, 'coolant_leak', 'red', '2024-01-06 UTC', true, '2024-01-05 UTC'),
        (1, 'meteor', 'purple', '2024-01-07 UTC', NULL, '2024-01-08 UTC'),
        (1, '', 'red', '2024-01-08 UTC', true, '2024-01-09 UTC'),
        (1, 'tritium_high', 'red', '-infinity', true, 'infinity'),
        (2, 'pump_failure', 'red', '2024-01-09 UTC', true, '2024-01-10 UTC')
      """)
    let lines = try await test.history("reactor", "1").eventLines
    #expect(
      lines == [
        "01-01 fault pressure_anomaly", "01-02 repair pressure_anomaly", "01-03 fault vibration_high",
        "01-05 fault coolant_leak", "01-06 fault coolant_leak", "01-07 fault meteor",
      ])
    let range = try await test.history("reactor", "1", from: "2024-01-02", until: "2024-01-05")
    #expect(range.eventLines == ["01-02 repair pressure_anomaly", "01-03 fault vibration_high"])
  }

  @Test("a new reactor has its twin at once, and its twin is marked by what is written of it")
  func marks() async throws {
    let test = try await readings(["NULL, NULL, NULL, NULL, NULL"])
    _ = try await test.marks()
    try await test.connection.script("INSERT INTO reactors (name, type) VALUES ('2', 'SMR'), ('3', 'SMR')")
    #expect(
      try await test.connection.value("SELECT count(*) FROM user_digital_twins WHERE domain = 'reactor'") == Int64(3))
    #expect(try await test.marks() == ["register_subjects 2"])
    try await test.connection.script(
      "INSERT INTO telemetry (reactor_id, timestamp) SELECT r, now() FROM generate_series(1, 5) r")
    #expect(try await test.marks() == ["telemetry 3"])
    try await test.connection.script("UPDATE telemetry SET reactor_id = 2, pressure = 1 WHERE reactor_id = 1")
    #expect(try await test.marks() == ["telemetry 2"])
    try await test.connection.script("DELETE FROM telemetry WHERE reactor_id IN (2, 4)")
    #expect(try await test.marks() == ["telemetry 1"])
    try await test.connection.script("TRUNCATE telemetry")
    #expect(try await test.marks() == ["telemetry 3"])
    try await test.connection.script(
      "INSERT INTO faults (reactor_id, fault_type, severity, timestamp) VALUES (3, 'x', 'red', now())")
    #expect(try await test.marks() == ["faults 1"])
    let domain = try #require(test.catalog["reactor"])
    #expect(try await test.catalog.registerTwins(of: domain, on: test.connection) == 0)
  }
}
