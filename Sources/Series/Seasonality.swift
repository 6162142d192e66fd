/// Which seasons to look for at which interval.
public enum Seasonality {
  /// Periods, in steps, that cycles of people and nature make likely at an interval, shortest first: hour and day for
  /// seconds, day and week for minutes and hours, week for days, year for weeks, months and quarters.
  ///
  /// Empty when no cycle is a whole number of at least two steps. A candidate is not a finding: forecasters test it.
  public static func candidatePeriods(for interval: Duration) -> [Int] {
    let length = interval.seconds
    guard length > 0 else { return [] }
    let day = 86_400.0
    // Calendar months, quarters and years by their mean length.
    switch length / day {
    case 27.5...31.5: return [12]
    case 89...93: return [4]
    case 93...: return []
    case 6.5...7.5: return [52]
    default: break
    }
    let cycles: [Double] = length < 60 ? [3_600, day] : [day, 7 * day]
    return cycles.compactMap { cycle in
      let steps = cycle / length
      let whole = steps.rounded()
      return whole >= 2 && abs(steps - whole) < 0.01 && whole <= 20_000 ? Int(whole) : nil
    }
  }

  /// Periods for a frequency named in words, as forecasting files do; `nil` for an unknown word.
  public static func candidatePeriods(forFrequency name: String) -> [Int]? {
    switch name.lowercased() {
    case "minutely": [60, 1_440]
    case "hourly": [24, 168]
    case "daily": [7]
    case "weekly": [52]
    case "monthly": [12]
    case "quarterly": [4]
    case "yearly", "other": []
    default: nil
    }
  }
}
