import Foundation
import Testing

/// Words on standard error of commands that need no database.
@Suite("Words of the offline commands")
struct OfflineWordsTests {
  @Test("what cannot be scored or tried is said, with the reason")
  func reasons() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("twinmill-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let short = folder.appendingPathComponent("short.csv").path
    let rows = (0..<45).map { "2024-01-01T00:\(10 + $0):00Z,\($0 % 5)" }.joined(separator: "\n")
    try Data("timestamp,value\n\(rows)\n".utf8).write(to: URL(fileURLWithPath: short))
    let scored = try await Installed.run(["detect", "anomalies", short])
    #expect(scored.status == 0 && scored.err.contains("no row has a score: 45 values, and the first 50 only teach"))

    let steady = folder.appendingPathComponent("steady.csv").path
    let days = (0..<60).map { "a,\($0),3,\($0 * $0 % 7)" }.joined(separator: "\n")
    try Data("twin,day,f1,m1\n\(days)\n".utf8).write(to: URL(fileURLWithPath: steady))
    let tried = try await Installed.run(["correlate", steady, "--factors", "f1", "--metrics", "m1"])
    #expect(tried.status == 65 && tried.err.contains("nothing could be tested: f1 does not vary; leave it out"))
  }
}
