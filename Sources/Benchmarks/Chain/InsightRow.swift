import FoundationEssentials
import Postgres
import Simulation

/// A row of `twin_insights`, and what it states.
struct InsightRow {
  let told: TextCheck.Told
  let facts: [StatedFact]

  init(_ row: Rows.Element, twins: [SimulatedTwin], numbers: [UUID: Int]) throws {
    let (id, type, title, description, rule, metric, factor, aspect, onset, confidence, points) = try row.decode(
      UUID.self, String.self, String.self, String.self, String?.self, String?.self, String?.self, String?.self,
      Date?.self, Double?.self, String?.self)
    let twin = twins[numbers[id] ?? 0]
    let evidence = try EvidencePoint.list(points ?? "[]")
    told = TextCheck.Told(twin: twin.number, title: title, description: description, evidence: evidence)

    var days: ClosedRange<Int>?
    if let onset {
      let first = twin.day(of: onset)
      let ends = evidence.compactMap { EvidencePoint.date($0.until) ?? EvidencePoint.date($0.at) }
      let last = ends.map(twin.day(of:)).max() ?? first
      days = first...max(first, last)
    }
    func fact(_ kind: FactKind, direction: Int?, cause: String? = nil, detail: String? = nil) -> StatedFact {
      StatedFact(
        kind: kind, twin: twin.number, metric: metric ?? "", cause: cause, direction: direction, days: days,
        detail: detail, text: title, surety: confidence)
    }
    let direction = aspect == "up" ? 1 : aspect == "down" ? -1 : nil as Int?
    let first = days.map { $0.lowerBound...$0.lowerBound }
    switch (rule ?? "", type) {
    case ("effect", _):
      facts = [fact(type == "risk" ? .risk : .opportunity, direction: Self.effect(evidence), cause: factor)]
    case ("relation", _): facts = [fact(.opportunity, direction: direction, cause: factor)]
    case ("trend", _): facts = [fact(.trend, direction: direction)]
    case ("change", _):
      var change = fact(.change, direction: direction, detail: aspect)
      change.days = first
      facts = [change]
    case ("anomaly", _):
      var anomaly = fact(.anomaly, direction: direction)
      anomaly.days = first
      facts = [anomaly]
    case ("data_quality", _):
      var fault = fact(.dataQuality, direction: nil, detail: aspect)
      // A gap's evidence says how long it is; of a stuck sensor the first day is enough.
      if aspect != "gap" { fault.days = first }
      facts = [fault]
    // Counts and forecasts are not compared with the truth of causes.
    default: facts = []
    }
  }

  /// The sign of the relative effect, which is not printed.
  private static func effect(_ evidence: [EvidencePoint]) -> Int? {
    evidence.first { $0.name == "relative" }.flatMap(\.value).map { $0 < 0 ? -1 : 1 }
  }
}

/// A row of `twin_recommendations`: it states what it rests on, an effect or a correlation that the tables hold too.
struct Recommended {
  let twin: SimulatedTwin
  let key: String
  let metric: String?
  let mean: Double?
  let title: String

  /// - Parameter stated: of all twins; the correlation or effect of this twin that the key names by its cause.
  func facts(_ stated: [StatedFact]) -> [StatedFact] {
    guard let metric else { return [] }
    let basis = stated.first {
      $0.twin == twin.number && $0.metric == metric && ($0.kind == .effect || $0.kind == .correlation)
        && key.contains($0.cause ?? "\u{0}")
    }
    return [
      StatedFact(
        kind: .recommendation, twin: twin.number, metric: metric, cause: basis?.cause, direction: basis?.direction,
        lag: basis?.lag, text: title, surety: basis?.surety)
    ]
  }
}
