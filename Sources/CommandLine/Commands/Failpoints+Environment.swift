import FoundationEssentials
import Worker

extension Failpoints {
  /// The faults that a test asks a debug build for; none in a release build.
  /// - Throws: `SettingsError` for a fault that there is not.
  static func asTold() throws -> Failpoints {
    #if FAULT_INJECTION
      // Stops the process at a named point of its first batch.
      var failpoints = try told("TWINMILL_FAILPOINT", as: Failpoint.self).map { stopping(at: $0) } ?? Failpoints()
      // Takes a safeguard out, for the tests of `twinmill verify`.
      failpoints.mutant = try told("TWINMILL_TEST_MUTANT", as: Mutant.self)
      return failpoints
    #else
      return Failpoints()
    #endif
  }

  #if FAULT_INJECTION
    private static func told<Fault: RawRepresentable<String> & CaseIterable>(
      _ variable: String, as type: Fault.Type
    ) throws -> Fault? {
      guard let name = ProcessInfo.processInfo.environment[variable] else { return nil }
      guard let fault = Fault(rawValue: name) else {
        throw SettingsError("\(variable): one of \(Fault.allCases.map(\.rawValue)), not '\(name)'")
      }
      return fault
    }
  #endif
}
