import FoundationEssentials
import Glibc

/// This program, to start it again as another process.
package enum ThisProgram {
  /// Its own file.
  package static var file: String {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let length = readlink("/proc/self/exe", &buffer, buffer.count)
    return length > 0 ? String(decoding: buffer[..<length], as: UTF8.self) : CommandLine.arguments[0]
  }

  /// Changes of the environment that take away the settings of other installations.
  package static var withoutSettings: [String: String?] {
    let names = ProcessInfo.processInfo.environment.keys.filter { $0.hasPrefix("TWINMILL_") }
    return Dictionary(uniqueKeysWithValues: names.map { ($0, nil) })
  }
}
