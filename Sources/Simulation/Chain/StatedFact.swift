/// A statement of the result tables about one metric of a twin, or what a module says of it.
package struct StatedFact: Sendable {
  package let kind: FactKind
  /// The twin's number.
  package let twin: Int
  package let metric: String
  /// The factor or product that the statement names.
  package var cause: String?
  /// 1: the metric rises with the cause, or goes up; −1: it falls or goes down; nil: nothing is said.
  package var direction: Int?
  /// Days that the factor leads.
  package var lag: Int?
  /// First and last day that it is about.
  package var days: ClosedRange<Int>?
  /// The kind of fault in the data: gap, stuck, …
  package var detail: String?
  /// The text for the reader.
  package var text = ""
  /// How sure it is: p, or the strength of the evidence as the table gives it.
  package var surety: Double?

  package init(
    kind: FactKind, twin: Int, metric: String, cause: String? = nil, direction: Int? = nil, lag: Int? = nil,
    days: ClosedRange<Int>? = nil, detail: String? = nil, text: String = "", surety: Double? = nil
  ) {
    self.kind = kind
    self.twin = twin
    self.metric = metric
    self.cause = cause
    self.direction = direction
    self.lag = lag
    self.days = days
    self.detail = detail
    self.text = text
    self.surety = surety
  }
}

/// The verdict of the truth on a statement.
package struct Judgement: Sendable {
  package let isTrue: Bool
  /// In a few words; starts alike for alike reasons.
  package let reason: String
  /// Whether data could have told. A statement that nobody can decide counts neither way.
  package var isDecidable = true

  package static func yes(_ reason: String) -> Judgement { Judgement(isTrue: true, reason: reason) }
  package static func no(_ reason: String) -> Judgement { Judgement(isTrue: false, reason: reason) }
}
