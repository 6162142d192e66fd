import FoundationEssentials

/// Spans of time that the server's clock passed twice. The order of two instants in one of them is unknown.
struct ClockSpans: Sendable {
  private var spans: [(from: Date, until: Date)] = []

  /// - Parameter spans: may overlap; several workers notice the same step.
  init(_ spans: [(from: Date, until: Date)] = []) {
    for span in spans.sorted(by: { $0.from < $1.from }) {
      if let last = self.spans.last, span.from <= last.until {
        self.spans[self.spans.count - 1].until = max(last.until, span.until)
      } else {
        self.spans.append(span)
      }
    }
  }

  var isEmpty: Bool { spans.isEmpty }

  /// Whether an instant may be one of two.
  func holds(_ instant: Date) -> Bool {
    // Few steps in the life of a history.
    spans.contains { $0.from <= instant && instant <= $0.until }
  }

  /// Whether two instants lie in one span: either may have come first.
  func hidesOrder(of one: Date, and other: Date) -> Bool {
    spans.contains { $0.from <= min(one, other) && max(one, other) <= $0.until }
  }
}
