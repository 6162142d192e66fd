/// A simulated factor of the environment or of the way of life: one of those that the skincare domain knows.
package struct SimulatedFactorKind: Sendable {
  package let name: String
  package let place: SimulatedFactor.Place
  package let mean: Double
  package let spread: Double
  package let range: ClosedRange<Double>
  /// Steps of the recorded values.
  package let step: Double
  /// Smallest and largest correlation from day to day.
  package let autocorrelation: ClosedRange<Double>
  /// Largest height of the wave of the year, in standard deviations.
  package let year: Double
  /// Largest height of the wave of the week, in standard deviations.
  package let week: Double
  /// Share of what a day brings new that all of the place have in common: sunny days are warm.
  package let common: Double

  package static let all = [
    SimulatedFactorKind(
      name: "uv_index", place: .environment, mean: 5, spread: 1.8, range: 0...14, step: 0.1,
      autocorrelation: 0.3...0.7, year: 1.2, week: 0, common: 0.4),
    SimulatedFactorKind(
      name: "temperature_c", place: .environment, mean: 16, spread: 5, range: -30...45, step: 0.1,
      autocorrelation: 0.6...0.9, year: 1.6, week: 0, common: 0.4),
    SimulatedFactorKind(
      name: "humidity_percent", place: .environment, mean: 58, spread: 12, range: 5...100, step: 1,
      autocorrelation: 0.4...0.8, year: 0.5, week: 0, common: -0.4),
    SimulatedFactorKind(
      name: "air_quality_index", place: .environment, mean: 60, spread: 18, range: 0...300, step: 1,
      autocorrelation: 0.5...0.9, year: 0.3, week: 0.3, common: 0),
    SimulatedFactorKind(
      name: "sleep_hours", place: .lifestyle, mean: 7.1, spread: 0.9, range: 2...12, step: 0.25,
      autocorrelation: 0...0.4, year: 0, week: 0.6, common: 0),
    SimulatedFactorKind(
      name: "stress_level", place: .lifestyle, mean: 4.5, spread: 1.8, range: 0...10, step: 1,
      autocorrelation: 0.3...0.9, year: 0, week: 0.6, common: 0),
    SimulatedFactorKind(
      name: "water_liters", place: .lifestyle, mean: 1.8, spread: 0.5, range: 0...5, step: 0.1,
      autocorrelation: 0.1...0.7, year: 0.4, week: 0.3, common: 0),
    SimulatedFactorKind(
      name: "exercise_minutes", place: .lifestyle, mean: 32, spread: 15, range: 0...180, step: 5,
      autocorrelation: 0...0.5, year: 0.2, week: 0.7, common: 0),
    // Mostly nothing, now and then something, more often at weekends.
    SimulatedFactorKind(
      name: "alcohol_units", place: .lifestyle, mean: 0.6, spread: 1.5, range: 0...12, step: 0.5,
      autocorrelation: 0...0.3, year: 0, week: 0.8, common: 0),
    SimulatedFactorKind(
      name: "sugar_grams", place: .lifestyle, mean: 60, spread: 22, range: 0...400, step: 1,
      autocorrelation: 0...0.5, year: 0.1, week: 0.4, common: 0),
  ]
}
