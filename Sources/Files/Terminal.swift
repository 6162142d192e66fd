import Glibc

/// The size and the characters of the terminal at standard output.
package enum Terminal {
  /// Columns: of the terminal; otherwise as the variable COLUMNS says; otherwise 80.
  package static var columns: Int {
    var size = winsize()
    if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
    if let columns = variable("COLUMNS").flatMap({ Int($0) }), (1...1_000).contains(columns) { return columns }
    return 80
  }

  /// Whether text is UTF-8 by the locale's variables (POSIX: LC_ALL before LC_CTYPE before LANG).
  package static var isUTF8: Bool {
    isUTF8(locale: ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(variable).first ?? "")
  }

  /// Whether a locale such as `de_DE.UTF-8` has this character set.
  package static func isUTF8(locale: String) -> Bool {
    let set = locale.drop { $0 != "." }.dropFirst().prefix { $0 != "@" }.lowercased()
    return set == "utf-8" || set == "utf8"
  }

  /// An environment variable; nil where it is unset or empty.
  private static func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }
}
