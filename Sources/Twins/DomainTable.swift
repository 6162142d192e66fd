/// A table of a domain that its statements read.
public struct DomainTable: Sendable, Hashable {
  /// The table's name, in the domain's schema.
  public let name: String
  /// Columns that must be there; others may be.
  public let columns: [String]
}
