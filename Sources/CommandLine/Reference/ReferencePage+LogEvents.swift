import Telemetry

extension ReferencePage {
  /// Every event that the daemons write to their logs.
  static func logEvents() -> ReferencePage {
    ReferencePage("log-events.md", title: "Log events") { page in
      page.paragraph(
        """
        The daemons write one JSON object a line to standard error. Every line has `time`, `level`, `event` and
        `message`; lines of a worker also have `worker`. Select and alert by `event`: messages are for people and may
        change.
        """)
      page.code(
        """
        journalctl -u twinmill-worker -o cat | jq 'select(.event == "job_failed")'
        """, language: "sh")
      page.table(
        ["event", "level", "message"],
        TelemetryEvent.allCases.map { event in
          let definition = event.definition
          return ["[`\(event.rawValue)`](#\(event.rawValue))", definition.level.rawValue, definition.message]
        })
      for event in TelemetryEvent.allCases {
        let definition = event.definition
        page.heading(2, event.rawValue)
        page.paragraph(definition.meaning)
        let level = definition.otherLevel.map { "\(definition.level.rawValue); \($0.rawValue)" }
        page.paragraph("Level: \(level ?? definition.level.rawValue).")
        page.table(
          ["member", "meaning", "unit"],
          definition.keys.map { [Markdown.code($0.name), $0.meaning, $0.unit ?? ""] })
      }
    }
  }
}
