import Queue
import Twins

extension ReferencePage {
  /// Every kind of job of this build.
  static func kinds(_ kinds: [KindDefinition]) -> ReferencePage {
    ReferencePage("kinds.md", title: "Kinds of job") { page in
      page.paragraph(
        "`twinmill.enqueue` takes one of these kinds. The arguments of a job are checked when it is enqueued.")
      page.table(
        ["kind", "what it does"], kinds.map { ["[`\($0.name)`](#\($0.name))", $0.summary] })
      for kind in kinds {
        page.heading(2, kind.name)
        page.paragraph(kind.summary + ".")
        page.table(["", ""], facts(of: kind))
        page.paragraph("Arguments (JSON schema):")
        page.code(kind.argumentsSchema.text, language: "json")
      }
    }
  }

  private static func facts(of kind: KindDefinition) -> [[String]] {
    [
      ["queue", Markdown.code(kind.queue)],
      ["attempts", "\(kind.maxAttempts); \(seconds(kind.backoffBase)) before the second, doubling"],
      ["batch", "at most \(kind.batchLimit) jobs of one claim"],
      ["timeout", "\(seconds(kind.timeout)) of one attempt"],
      ["twin", kind.needsTwin ? "required" : "not required"],
      ["new data of a twin", kind.recomputesOnChange ? "asks for this kind" : "does not ask for this kind"],
      [
        "schedule",
        kind.defaultSchedule.map { "`\($0.cron)` in \($0.timeZone), made by `twinmill migrate up`" } ?? "none",
      ],
      ["follows", kind.follows.isEmpty ? "no other kind" : kind.follows.map(Markdown.code).joined(separator: ", ")],
    ]
  }

  /// Every kind of twin of this build.
  static func domains(_ domains: [Domain]) -> ReferencePage {
    ReferencePage("domains.md", title: "Domains") { page in
      page.paragraph(
        """
        A domain is a kind of twin: the metrics that it has, what may act on them, and the tables that its data is in.
        """)
      page.table(["domain", "what it is"], domains.map { ["[`\($0.name)`](#\($0.name))", $0.summary] })
      for domain in domains { write(domain, to: &page) }
    }
  }

  private static func write(_ domain: Domain, to page: inout Markdown) {
    page.heading(2, domain.name)
    page.paragraph(domain.summary + ".")
    let tables = domain.tables.map {
      "`\(domain.schema).\($0.name)` (\($0.columns.joined(separator: ", ")))"
    }
    page.table(
      ["", ""],
      [
        ["reads", tables.isEmpty ? "`twin_snapshots`" : tables.joined(separator: "; ")],
        ["takes imports", domain.importing == nil ? "no" : "yes, with `twinmill import`"],
        ["horizon", "\(domain.horizon) steps"],
        ["history", "the newest \(domain.historyPoints) samples of a metric"],
      ])
    page.heading(3, "Metrics of \(domain.name)")
    let metrics = domain.metrics.map { row($0, name: Markdown.code($0.name)) }
    let others = domain.anyMetric.map { [row($0, name: domain.metrics.isEmpty ? "any name" : "any other name")] } ?? []
    page.table(["metric", "unit", "range", "better", "interval", "seasons"], metrics + others)
    if !domain.factors.isEmpty {
      page.heading(3, "Factors of \(domain.name)")
      page.table(
        ["factor", "type", "unit", "range", "may be recommended"],
        domain.factors.map {
          [
            Markdown.code($0.name), $0.type.rawValue, $0.unit, range($0.minimum, $0.maximum),
            $0.isControllable ? "yes" : "no",
          ]
        })
    }
    if !domain.interventions.isEmpty {
      page.heading(3, "Interventions of \(domain.name)")
      page.table(
        ["events", "type", "for people"],
        domain.interventions.map {
          [[$0.event, $0.started, $0.stopped].map(Markdown.code).joined(separator: ", "), $0.type.rawValue, $0.label]
        })
    }
  }

  private static func row(_ metric: Metric, name: String) -> [String] {
    let better =
      switch metric.direction {
      case .higher: "higher"
      case .lower: "lower"
      case .middle(let best): "near \(text(best))"
      case nil: "not known"
      }
    return [
      name, metric.unit, range(metric.minimum, metric.maximum), better,
      metric.intervalSeconds.map(length) ?? "from the data",
      metric.seasonSeconds.map { $0.map(length).joined(separator: ", ") } ?? "from the interval",
    ]
  }

  private static func range(_ minimum: Double?, _ maximum: Double?) -> String {
    switch (minimum, maximum) {
    case (let minimum?, let maximum?): "\(text(minimum)) to \(text(maximum))"
    case (let minimum?, nil): "at least \(text(minimum))"
    case (nil, let maximum?): "at most \(text(maximum))"
    case (nil, nil): "any"
    }
  }

  /// A whole number without a fraction.
  private static func text(_ number: Double) -> String {
    Int(exactly: number).map(String.init) ?? "\(number)"
  }

  /// Seconds in the largest unit that leaves a whole number.
  private static func length(_ seconds: Double) -> String {
    for (unit, name) in [(604_800.0, "week"), (86_400, "day"), (3_600, "hour"), (60, "minute")] {
      if let count = Int(exactly: seconds / unit) { return "\(count) \(name)\(count == 1 ? "" : "s")" }
    }
    return "\(text(seconds)) s"
  }

  private static func seconds(_ duration: Duration) -> String {
    length(Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18)
  }
}
