/// A statement of the result tables about one metric of a twin, or what a module says of it.
struct StatedFact: Sendable {
  let kind: FactKind
  /// The twin's number.
  let twin: Int
  let metric: String
  /// The factor or product that the statement names.
  var cause: String?
  /// 1: the metric rises with the cause, or goes up; −1: it falls or goes down; nil: nothing is said.
  var direction: Int?
  /// Days that the factor leads.
  var lag: Int?
  /// First and last day that it is about.
  var days: ClosedRange<Int>?
  /// What kind of data quality: gap, stuck, …
  var detail: String?
  /// What the reader is told.
  var text = ""
  /// How sure it is: p, or the strength of the evidence as the table gives it.
  var surety: Double?
}

/// What the truth says to a statement.
struct Judgement: Sendable {
  let isTrue: Bool
  /// In a few words; starts alike for alike reasons.
  let reason: String
  /// Whether data could have told; what nobody can know counts neither way.
  var isDecidable = true

  static func yes(_ reason: String) -> Judgement { Judgement(isTrue: true, reason: reason) }
  static func no(_ reason: String) -> Judgement { Judgement(isTrue: false, reason: reason) }
}
