import Logging
import Synchronization
import Testing

@testable import Telemetry

@Suite("events of the log")
struct TelemetryEventTests {
  @Test("every event has a message, a meaning, and keys of different names", arguments: TelemetryEvent.allCases)
  func complete(_ event: TelemetryEvent) {
    let definition = event.definition
    #expect(event == .other || !definition.message.isEmpty)
    #expect(definition.meaning.hasSuffix("."))
    #expect(Set(definition.keys.map(\.name)).count == definition.keys.count)
    let reserved = ["time", "level", "event", "message"]
    #expect(!definition.keys.contains { reserved.contains($0.name) })
    let letters = Set("abcdefghijklmnopqrstuvwxyz_")
    #expect(event.rawValue.allSatisfy { letters.contains($0) })
  }

  @Test("no two events have one message")
  func messages() {
    let messages = TelemetryEvent.allCases.map(\.definition.message)
    #expect(Set(messages).count == messages.count)
  }

  @Test("a line has its event's name, level, message and values")
  func emit() {
    let log = Log()
    log.logger(.info).emit(.jobsRescued, [.jobCount: "3", .quarantined: .list([17, 18])])
    #expect(
      log.lines == [
        Log.Line(
          level: .warning, message: "jobs of dead workers rescued",
          metadata: [
            "event": "jobs_rescued", "jobs": "3", "quarantined": .array(["17", "18"]),
          ])
      ])
  }

  @Test("a line below the logger's level is not made at all")
  func quiet() {
    let log = Log()
    func made() -> TelemetryValues {
      Issue.record("made although it is not logged")
      return [:]
    }
    log.logger(.notice).emit(.jobCompleted, made())
    log.logger(.notice).emit(.claimWaits, level: .debug, made())
    #expect(log.lines.isEmpty)
  }
}

/// A log that keeps its lines.
private final class Log: Sendable {
  struct Line: Equatable {
    let level: Logger.Level
    let message: String
    let metadata: Logger.Metadata
  }

  private let kept = Mutex<[Line]>([])

  var lines: [Line] { kept.withLock { $0 } }

  func logger(_ level: Logger.Level) -> Logger {
    Logger(label: "test") { _ in Handler(log: self, logLevel: level) }
  }

  private struct Handler: LogHandler {
    let log: Log
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      log.kept.withLock {
        $0.append(Line(level: event.level, message: event.message.description, metadata: event.metadata ?? [:]))
      }
    }
  }
}
