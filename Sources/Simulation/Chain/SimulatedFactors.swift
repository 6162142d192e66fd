import Glibc
import Numerics

/// The factors of one twin: autoregressive, with weeks and years; those of a place go together.
package enum SimulatedFactors {
  private static let burnIn = 60

  package static func make(days: Int, _ random: inout SeededRandom) -> [SimulatedFactor] {
    let count = days + SimulatedFactor.lead
    let weather = (0..<(count + burnIn)).map { _ in random.normal() }
    // The year is the same for everything of a place.
    let yearPhase = random.uniform(in: 0...(2 * .pi))
    return SimulatedFactorKind.all.map { kind in
      let autocorrelation = random.uniform(in: kind.autocorrelation)
      let year = kind.year * random.uniform(in: 0.5...1)
      let week = kind.week * random.uniform(in: 0...1)
      let weekPhase = random.uniform(in: 0...(2 * .pi))
      var state = random.normal()
      var values: [Double] = []
      for day in 0..<(count + burnIn) {
        let own = (1 - kind.common * kind.common).squareRoot() * random.normal() + kind.common * weather[day]
        state = autocorrelation * state + (1 - autocorrelation * autocorrelation).squareRoot() * own
        guard day >= burnIn else { continue }
        let time = Double(day - burnIn - SimulatedFactor.lead)
        let wave = year * sin(2 * .pi * time / 365.25 + yearPhase) + week * sin(2 * .pi * time / 7 + weekPhase)
        let value = kind.mean + kind.spread * (state + wave)
        values.append(
          min(max((value / kind.step).rounded() * kind.step, kind.range.lowerBound), kind.range.upperBound))
      }
      let mean = values.reduce(0, +) / Double(count)
      let spread = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)).squareRoot()
      let recorded = (0..<days).map { day in random.happens(0.04) ? .nan : values[day + SimulatedFactor.lead] }
      return SimulatedFactor(
        name: kind.name, place: kind.place, recorded: recorded, deviations: values.map { ($0 - mean) / spread })
    }
  }
}
