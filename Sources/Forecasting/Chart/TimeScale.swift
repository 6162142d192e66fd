import FoundationEssentials

/// Round instants of a time zone, from parts of a second to centuries.
struct TimeScale {
  /// The distance of ticks.
  enum Unit: Equatable {
    /// At most two weeks. Days begin at midnight, weeks on Monday.
    case seconds(Double)
    /// Calendar months; 12 are a year.
    case months(Int)
  }

  private let timeZone: TimeZone
  private let calendar: Calendar

  init(timeZone: TimeZone) {
    self.timeZone = timeZone
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = timeZone
    self.calendar = calendar
  }

  private static let day = 86_400.0
  private static let month = 2_629_746.0

  private static let seconds: [Double] =
    [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30]
    + [1, 2, 5, 10, 15, 30].map { $0 * 60 } + [1, 2, 3, 6, 12].map { $0 * 3_600 } + [1, 2, 7, 14].map { $0 * day }

  /// The smallest unit that is not below so many seconds.
  static func unit(from least: Double) -> Unit {
    if let unit = seconds.first(where: { $0 >= least }) { return .seconds(unit) }
    for months in [1, 2, 3, 6] where Double(months) * month >= least { return .months(months) }
    var decade = 1
    while true {
      for years in [1, 2, 5] where Double(12 * years * decade) * month >= least { return .months(12 * years * decade) }
      decade *= 10
    }
  }

  /// The round instants of a span, ascending, in seconds since 1970.
  func instants(from first: Double, to last: Double, every unit: Unit) -> [Double] {
    switch unit {
    case .seconds(let length):
      // Local time counts from a Monday, 5 January 1970: multiples of a unit are round hours, midnights and Mondays.
      let monday = 4 * Self.day
      var count = ((first + offset(first) - monday) / length).rounded(.down)
      var instants: [Double] = []
      while true {
        let local = monday + count * length
        let instant = local - offset(local - offset(local))
        if instant > last { return instants }
        // An hour that the clocks leave out has no instant of its own.
        if instant >= first, instant > instants.last ?? -.infinity { instants.append(instant) }
        count += 1
      }
    case .months(let length):
      let parts = calendar.dateComponents([.year, .month], from: Date(timeIntervalSince1970: first))
      let start = (parts.year ?? 1970) * 12 + (parts.month ?? 1) - 1
      var months = start - start % length
      var instants: [Double] = []
      while let date = calendar.date(from: DateComponents(year: months / 12, month: months % 12 + 1, day: 1)) {
        let instant = date.timeIntervalSince1970
        if instant > last { break }
        if instant >= first { instants.append(instant) }
        months += length
      }
      return instants
    }
  }

  private func offset(_ instant: Double) -> Double {
    Double(timeZone.secondsFromGMT(for: Date(timeIntervalSince1970: instant)))
  }

  /// The label of a tick, and the day or year that it leaves out; nil: nothing is left out.
  func label(_ instant: Double, every unit: Unit) -> (label: String, context: String?) {
    let parts = parts(instant)
    switch unit {
    case .months(let length) where length % 12 == 0: return ("\(parts.year)", nil)
    case .months: return (parts.monthName, "\(parts.year)")
    case .seconds(let length) where length >= Self.day: return ("\(parts.day) \(parts.monthName)", "\(parts.year)")
    case .seconds(let length):
      var label = parts.clock
      if length < 60 { label += ":" + Self.two(Int(parts.second)) }
      if length < 1 { label += ValueAxis.decimal(parts.second - parts.second.rounded(.down), digits: 3).dropFirst() }
      return (label, parts.date)
    }
  }

  /// An instant in words.
  /// - Parameter isDay: without the time of day.
  func name(_ instant: Double, isDay: Bool) -> String {
    let parts = parts(instant)
    return isDay ? parts.date : "\(parts.date) \(parts.clock)"
  }

  private struct Parts {
    let year: Int
    let monthName: String
    let day: Int
    let clock: String
    let second: Double
    var date: String { "\(day) \(monthName) \(year)" }
  }

  private static let monthNames = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  private func parts(_ instant: Double) -> Parts {
    // Local thousandths of a second are whole: an instant a rounding error before midnight is midnight.
    let instant = (instant * 1_000).rounded() / 1_000
    let found = calendar.dateComponents(
      [.year, .month, .day, .hour, .minute, .second], from: Date(timeIntervalSince1970: instant))
    let second = Double(found.second ?? 0) + instant - instant.rounded(.down)
    return Parts(
      year: found.year ?? 0, monthName: Self.monthNames[((found.month ?? 1) - 1) % 12], day: found.day ?? 0,
      clock: Self.two(found.hour ?? 0) + ":" + Self.two(found.minute ?? 0), second: second)
  }

  private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
