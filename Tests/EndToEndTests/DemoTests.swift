import FoundationEssentials
import Postgres
import PostgresServer
import TestServer
import Testing

@Suite("Demo")
struct DemoTests {
  @Test("shows predictions, leaves everything running, can be run again, and stops")
  func demo() async throws {
    let folder = "/tmp/twinmill-test-demo-\(UUID().uuidString)"
    for _ in 1...2 {
      let output = try await Installed.run(["demo", "--folder", folder, "--twins", "1"])
      #expect(output.status == 0, "\(output.err)")
      #expect(output.out.contains("hydration_index, the coming week"))
      #expect(output.out.contains("the sensor, observed and predicted"))
      let url = try #require(output.out.split(separator: "\"").first { $0.hasPrefix("postgres://") })
      let workers = try await ChildProcess.run(
        [
          "psql", "-X", "-At", "-d", String(url), "-c",
          "SELECT count(*) FROM twinmill.workers WHERE lease_until > now()",
        ])
      #expect(workers.out == "1\n", "\(workers.err)")
    }
    let stopped = try await Installed.run(["demo", "--folder", folder, "--stop"])
    #expect(stopped.out.hasPrefix("The demo in \(folder) is stopped"))
    let left = try await ChildProcess.run(["pgrep", "-f", "\(folder)/data"])
    #expect(left.out.isEmpty)
    _ = try await ChildProcess.run(["rm", "-r", folder])
  }
}
