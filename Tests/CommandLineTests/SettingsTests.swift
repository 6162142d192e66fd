import FoundationEssentials
import Testing
import Worker

@testable import CommandLine

@Suite("Settings")
struct SettingsTests {
  @Test("a worker without settings runs with the defaults that the table shows")
  func defaults() throws {
    var shown: [String: String] = [:]
    for setting in Setting.all {
      if case .value(let text) = setting.standard { shown[setting.variable] = text }
    }
    let (none, all) = (Settings(variables: [:]), Settings(variables: shown))
    #expect(String(describing: try none.worker()) == String(describing: try all.worker()))
    #expect(try none.logLevel() == all.logLevel())
    #expect(try none.schedulerPoll() == all.schedulerPoll())
    #expect(none.twinsSchema == all.twinsSchema)
  }

  @Test("names and variables are unique, and every text ends as a sentence")
  func table() {
    #expect(Set(Setting.all.map(\.key)).count == Setting.all.count)
    for setting in Setting.all {
      #expect(setting.variable == "DATABASE_URL" || setting.variable.hasPrefix("TWINMILL_"))
      for text in [setting.meaning, setting.tooLow, setting.tooHigh].compactMap({ $0 }) {
        #expect(text.hasSuffix("."), "\(setting.variable): \(text)")
      }
    }
  }

  @Test(
    "what the table allows is accepted, and what lies beyond is refused by the setting's name",
    arguments: [
      (Setting.batchLimit, ["1", "10000"], ["0", "10001", "many", "1.5"]),
      (.concurrency, ["1", "64"], ["0", "65"]),
      (.computeThreads, ["0", "1024"], ["-1", "1025"]),
      (.leaseSeconds, ["3"], ["-1", "soon"]),
      (.heartbeatSeconds, ["0.01", "5"], ["0.009", "5.1"]),
      (.pollSeconds, ["0.001"], ["0", "0.0009"]),
      (.drainSeconds, ["0"], ["-1"]),
      (.retentionDays, ["1", "2.5"], ["0.9"]),
    ])
  func ranges(_ setting: Setting, _ accepted: [String], _ refused: [String]) throws {
    for text in accepted {
      try Settings(variables: [setting.variable: text]).worker().validate()
    }
    for text in refused {
      let error = #expect(throws: (any Error).self) {
        try Settings(variables: [setting.variable: text]).worker().validate()
      }
      let message = error.map { "\($0)" } ?? ""
      #expect(message.hasPrefix(setting.variable + ":"), "\(text): \(message)")
    }
  }

  @Test("a name with a slip in it is told with the nearest setting")
  func unknown() {
    let settings = Settings(variables: ["TWINMILL_LEASE": "1", "TWINMILL_FAILPOINT": "loaded", "HOME": "/"])
    #expect(
      settings.unknownKeys == ["unknown setting TWINMILL_LEASE is ignored; did you mean TWINMILL_LEASE_SECONDS?"])
  }
}
