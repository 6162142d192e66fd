import FoundationEssentials
import FoundationInternationalization
import Postgres
import TestServer
import Testing

@testable import Scheduler

@Suite("Time zones of the server", .schedulerDatabase)
struct ServerZoneTests: DatabaseSuite {
  @Test("planned instants agree with PostgreSQL's own zone rules")
  func serverRules() async throws {
    let from = try Date("2026-01-01T00:00:00Z", strategy: .iso8601)
    let accepted: SQL = """
      SELECT name FROM pg_timezone_names
      WHERE name !~ '^(posix/|right/|localtime$|posixrules$|Factory$)' ORDER BY name
      """
    let known = try await connection.texts(accepted)
    let zones = runsEverything ? known : ZoneTests.zones.filter(known.contains)
    #expect(zones.count > 20)
    for name in zones {
      let zone = try #require(TimeZone(identifier: name))
      // Hourly instants of two years on which the two sets of rules disagree.
      let offsets = (0..<2 * 8_760).map {
        Int32(zone.secondsFromGMT(for: from.addingTimeInterval(Double($0) * 3_600)))
      }
      let sql: SQL = """
        SELECT count(*) FROM unnest(\(offsets)::integer[]) WITH ORDINALITY AS o(seconds, hour)
        CROSS JOIN LATERAL (SELECT \(from)::timestamptz + (o.hour - 1) * interval '1 hour' AS at) AS t
        WHERE extract(timezone FROM t.at) <> o.seconds
        """
      _ = try await connection.query("SELECT set_config('TimeZone', \(name), false)")
      #expect(try await connection.count(sql) == 0, "\(name)")
    }
  }

  @Test("the server's offset is that of the zone, also where AT TIME ZONE would take an abbreviation")
  func serverOffset() async throws {
    let now = Int(Date().timeIntervalSince1970)
    for name in ["CET", "EET", "MET", "WET", "UTC", "Europe/Berlin", "Australia/Lord_Howe"] {
      let zone = try #require(Zone(named: name))
      #expect(try await connection.count("SELECT twinmill.zone_offset(\(name))::bigint") == zone.offset(at: now))
    }
    #expect(try await connection.text("SELECT (twinmill.zone_offset('No/Where') IS NULL)::text") == "true")
    #expect(try await connection.text("SELECT current_setting('TimeZone')") != "No/Where")
  }

  @Test("every zone that twinmill.schedule accepts is known to the scheduler")
  func serverZones() async throws {
    let names = try await connection.texts("SELECT name FROM pg_timezone_names ORDER BY name")
    let refused =
      names.filter { $0.hasPrefix("posix/") || $0.hasPrefix("right/") }
      + ["localtime", "posixrules", "Factory"]
    let unknown = Set(names).subtracting(refused).filter { Zone(named: $0) == nil }
    #expect(unknown.isEmpty)
    for name in refused.prefix(2) + refused.suffix(3) {
      var entry = ScheduleEntry(name: "s", cron: "@daily", kind: "probe")
      entry.timeZone = name
      let asked = entry
      await #expect(throws: PostgresError.self) {
        try await asked.put(on: connection)
      }
    }
  }
}
