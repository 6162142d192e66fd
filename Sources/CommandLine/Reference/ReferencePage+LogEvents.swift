extension ReferencePage {
  /// Every event that the daemons write to their logs. The list comes with the catalogue of the target Telemetry.
  static func logEvents() -> ReferencePage? { nil }
}
