/// Something about a series that is more likely a fault of measuring than of what is measured.
public struct QualityFinding: Sendable, Equatable {
  /// The kind of fault.
  public enum Kind: Sendable, Equatable {
    /// Samples are missing.
    case gap
    /// The same value again and again, in a series that otherwise moves.
    case stuck(value: Double)
    /// From here on values are what they were, multiplied and shifted as by a change of unit.
    case unitChange(UnitChange)
    /// Values outside of the valid range; the extreme one.
    case outOfRange(extreme: Double)
  }

  /// The kind of fault.
  public var kind: Kind
  /// 0-based samples: those missing, stuck or out of range; for a change of unit those from it to the end or the next
  /// one.
  public var samples: Range<Int>
}
