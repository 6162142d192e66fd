/// Four numbers, one for each of four autoregressions.
///
/// In a release build two vector instructions do each operation. Not `SIMD4`: where the optimizer is off, each operator
/// of that is a loop of generic calls; `@_transparent`, though underscored, makes these plain arithmetic there too.
struct Lanes: Sendable {
  static let count = 4

  private var a: Double
  private var b: Double
  private var c: Double
  private var d: Double

  @_transparent
  init(_ a: Double, _ b: Double, _ c: Double, _ d: Double) {
    self.a = a
    self.b = b
    self.c = c
    self.d = d
  }

  @_transparent
  init(repeating value: Double) { self.init(value, value, value, value) }

  /// - Parameter value: of each lane from 0 to 3.
  init(_ value: (Int) -> Double) { self.init(value(0), value(1), value(2), value(3)) }

  subscript(lane: Int) -> Double {
    get {
      switch lane {
      case 0: a
      case 1: b
      case 2: c
      default: d
      }
    }
    set {
      switch lane {
      case 0: a = newValue
      case 1: b = newValue
      case 2: c = newValue
      default: d = newValue
      }
    }
  }

  @_transparent
  static func + (x: Lanes, y: Lanes) -> Lanes { Lanes(x.a + y.a, x.b + y.b, x.c + y.c, x.d + y.d) }

  @_transparent
  static func - (x: Lanes, y: Lanes) -> Lanes { Lanes(x.a - y.a, x.b - y.b, x.c - y.c, x.d - y.d) }

  @_transparent
  static func * (x: Lanes, y: Lanes) -> Lanes { Lanes(x.a * y.a, x.b * y.b, x.c * y.c, x.d * y.d) }

  @_transparent
  static func / (x: Lanes, y: Lanes) -> Lanes { Lanes(x.a / y.a, x.b / y.b, x.c / y.c, x.d / y.d) }

  @_transparent
  static func * (x: Lanes, y: Double) -> Lanes { Lanes(x.a * y, x.b * y, x.c * y, x.d * y) }

  /// The numbers, or 0 where they are negative.
  @_transparent
  var positive: Lanes { Lanes(a > 0 ? a : 0, b > 0 ? b : 0, c > 0 ? c : 0, d > 0 ? d : 0) }

  /// The lesser of two numbers in each lane.
  @_transparent
  static func least(_ x: Lanes, _ y: Lanes) -> Lanes {
    Lanes(x.a < y.a ? x.a : y.a, x.b < y.b ? x.b : y.b, x.c < y.c ? x.c : y.c, x.d < y.d ? x.d : y.d)
  }

  /// Whether a number is at most the other one in any lane.
  @_transparent
  static func anyAtMost(_ x: Lanes, _ y: Lanes) -> Bool { x.a <= y.a || x.b <= y.b || x.c <= y.c || x.d <= y.d }

  /// `BinaryLogarithm.estimate` of each.
  @_transparent
  var estimatedLog2: Lanes {
    Lanes(
      BinaryLogarithm.estimate(a), BinaryLogarithm.estimate(b), BinaryLogarithm.estimate(c),
      BinaryLogarithm.estimate(d))
  }
}
