import Glibc

/// Messages for the person at the terminal.
enum StandardError {
  /// Writes text as it is; a closed standard error is no reason to stop.
  static func write(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      _ = Glibc.write(2, bytes.baseAddress, bytes.count)
    }
  }
}
