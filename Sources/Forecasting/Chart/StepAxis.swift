import FoundationEssentials

/// The axis of samples and steps: by time where their instants are known, otherwise by number.
struct StepAxis: Sendable {
  /// A tick: its place as a share of the axis, 0 at the left, its label, and what its label leaves out.
  struct Tick: Equatable {
    let share: Double
    let label: String
    /// The day or year, where it begins; nil: it is that of the tick before.
    var context: String?
  }

  /// Seconds since 1970 or numbers, ascending: the samples, then the steps.
  let places: [Double]
  /// nil: the places are numbers.
  let timeZone: TimeZone?

  /// - Parameters:
  ///   - first: index of the first sample drawn in the whole history.
  ///   - count: samples and steps drawn.
  init(first: Int, count: Int, times: ChartTimes?) {
    let indices = first..<(first + count)
    if let times {
      let seconds = indices.map { times.date($0).timeIntervalSince1970 }
      // Beyond this a double has no seconds, and a calendar no years.
      let isSound = seconds.allSatisfy { abs($0) < 1e11 } && zip(seconds, seconds.dropFirst()).allSatisfy { $0 < $1 }
      if isSound {
        (places, timeZone) = (seconds, times.timeZone)
        return
      }
    }
    places = indices.map { Double($0 + 1) }
    timeZone = nil
  }

  /// The share of the axis left of a sample or step.
  func share(_ index: Int) -> Double { share(place: places[index]) }

  private func share(place: Double) -> Double {
    guard let first = places.first, let last = places.last, last > first else { return 0.5 }
    return (place - first) / (last - first)
  }

  /// Ticks from left to right.
  /// - Parameter most: ticks wanted at most, at least 2.
  func ticks(most: Int) -> [Tick] {
    guard let first = places.first, let last = places.last else { return [] }
    let most = max(2, most)
    guard let timeZone else { return numbers(from: first, to: last, most: most) }
    let scale = TimeScale(timeZone: timeZone)
    // No finer than the samples, unless too little were left.
    let gaps = zip(places, places.dropFirst()).map { $1 - $0 }.sorted()
    let gap = gaps.isEmpty ? 0 : gaps[gaps.count / 2]
    var unit = TimeScale.unit(from: max((last - first) / Double(most), 0.9 * gap))
    var instants = scale.instants(from: first, to: last, every: unit)
    if instants.count < 2, last > first {
      unit = TimeScale.unit(from: (last - first) / Double(most))
      instants = scale.instants(from: first, to: last, every: unit)
    }
    if last == first { unit = .seconds(60) }
    // One instant, or a span that no round instant divides.
    if instants.isEmpty || last == first { instants = [first] }
    var context: String?
    return instants.map { instant in
      let (label, new) = scale.label(instant, every: unit)
      defer { context = new }
      return Tick(share: share(place: instant), label: label, context: new == context ? nil : new)
    }
  }

  private func numbers(from first: Double, to last: Double, most: Int) -> [Tick] {
    let step = ValueAxis.step(from: max(1, (last - first) / Double(most)), isWhole: true).value(1)
    return stride(from: (first / step).rounded(.up) * step, through: last, by: step).map {
      Tick(share: share(place: $0), label: ValueAxis.decimal($0, digits: 0))
    }
  }

  /// The unit of the numbers, or the time zone where ticks are finer than days.
  func caption(of ticks: [Tick]) -> String {
    guard let timeZone else { return "sample" }
    guard ticks.contains(where: { $0.label.contains(":") }) else { return "" }
    return timeZone == .gmt ? "UTC" : timeZone.identifier
  }

  /// A place in words: the time or the number.
  func name(_ index: Int) -> String {
    guard let timeZone else { return "sample \(ValueAxis.decimal(places[index], digits: 0))" }
    let gap = zip(places, places.dropFirst()).map { $1 - $0 }.min() ?? 0
    return TimeScale(timeZone: timeZone).name(places[index], isDay: gap >= 86_000)
  }
}
