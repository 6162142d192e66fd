import ArgumentParser

/// The commands that need no database, for a program to list.
package enum OfflineCommands {
  /// About the future and the past of series.
  package static let data: [any ParsableCommand.Type] = [ForecastCommand.self, DetectCommand.self]
  /// About what acts on series.
  package static let insight: [any ParsableCommand.Type] = [CorrelateCommand.self, EffectCommand.self]
  /// About this program itself.
  package static let measurements: [any ParsableCommand.Type] = [TruthCommand.self]
}
