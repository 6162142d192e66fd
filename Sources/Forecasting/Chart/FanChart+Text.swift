extension FanChart {
  /// The characters that a terminal can show.
  public enum Characters: Sendable {
    /// Lines in Braille dots, intervals in shades.
    case unicode
    /// Letters and signs of ASCII alone.
    case ascii
  }

  /// The drawing for a terminal: title, legend, values with their ticks, and the axis of time.
  /// - Parameters:
  ///   - width: columns of the whole drawing; at least 30.
  ///   - height: rows of values, about: so many that ticks stand equally far apart; at least 4.
  public func text(width: Int = 80, height: Int = 15, characters: Characters = .unicode) -> String {
    TextPicture(chart: self, width: max(30, width), height: max(4, height), characters: characters).text
  }
}
