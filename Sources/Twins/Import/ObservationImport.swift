import FoundationEssentials
import Postgres

/// Imports a CSV file as observations of one twin: all of it or nothing, in one transaction; running it again changes
/// nothing.
public struct ObservationImport: Sendable {
  /// The result of an import.
  public struct Summary: Sendable, Hashable {
    /// The twin that the observations belong to.
    public let twin: UUID
    /// Its metrics in this file.
    public let metrics: [String]
    /// Lines of data.
    public let rows: Int
    /// Values that were not there before.
    public let inserted: Int
    /// Values that replaced others.
    public let changed: Int
    /// Values that were there already.
    public let unchanged: Int
    /// Values that a later line of the file replaced (same metric, same instant).
    public let repeated: Int
    /// Fields without a value.
    public let missing: Int
    /// The first and the last instant; nil when the file has no values.
    public let range: ClosedRange<Date>?

    /// Values that were written.
    public var stored: Int { inserted + changed }
  }

  /// The domain whose twin it is.
  public let domain: Domain
  /// The file's name, in errors.
  public let file: String
  /// Its columns.
  public let options: ObservationFormat.Options
  /// IANA zone of instants without an offset.
  public let timeZone: String

  /// - Throws: `ImportError.domain` when the domain takes no imports.
  public init(
    domain: Domain, file: String, options: ObservationFormat.Options = .init(), timeZone: String = "UTC"
  ) throws(ImportError) {
    guard domain.importing != nil else {
      throw .domain(domain.name, problem: "takes no imports, its data comes from the application; use --domain sensor")
    }
    self.domain = domain
    self.file = file
    self.options = options
    self.timeZone = timeZone
  }

  /// Imports what the lines hold, in constant memory.
  /// - Parameters:
  ///   - subject: what the twin is the twin of; the twin is created when there is none.
  ///   - nextLine: the file's lines in order, without their ends; nil after the last one.
  /// - Throws: `ImportError`, `PostgresError`, or what `nextLine` throws.
  public func run(
    subject: String, catalog: DomainCatalog, on connection: Connection, nextLine: @escaping () throws -> [UInt8]?
  ) async throws -> Summary {
    guard let header = try nextLine() else { throw ImportError.file(file, problem: "is empty") }
    let format = try ObservationFormat(header: header, file: file, options: options)
    let staged = StagedRows(format, file: file, nextLine)
    do {
      return try await store(staged, format, subject, catalog, connection)
    } catch let error as PostgresError {
      throw explained(error)
    }
  }

  private func store(
    _ staged: StagedRows, _ format: ObservationFormat, _ subject: String, _ catalog: DomainCatalog,
    _ connection: Connection
  ) async throws -> Summary {
    guard let importing = domain.importing else { throw ImportError.domain(domain.name, problem: "takes no imports") }
    return try await connection.transaction { connection in
      try await catalog.createTables(of: domain, on: connection)
      let twin: UUID = try await connection.query("SELECT twinmill.twin(\(domain.name), \(subject))").only()
        .decode(UUID.self)
      try await connection.script(Self.staging)
      _ = try await connection.copyIn(
        "COPY pg_temp.twinmill_import FROM STDIN (FORMAT binary)", staged
      ) { (row, copy) throws(PostgresError) in
        try copy.append(Int64(row.line))
        try copy.append(Int32(row.observation.metric + 1))
        try copy.append(row.observation.observedAt)
        try copy.append(row.observation.isLocal)
        try copy.append(row.observation.value)
      }
      if let failure = staged.failure { throw failure }
      let (inserted, changed, unchanged, repeated, first, last) = try await connection.query(
        importing(twin, format.metrics, timeZone)
      ).only().decode(Int64.self, Int64.self, Int64.self, Int64.self, Date?.self, Date?.self)
      var range: ClosedRange<Date>?
      if let first, let last { range = first...last }
      return Summary(
        twin: twin, metrics: format.metrics, rows: staged.rows, inserted: Int(inserted), changed: Int(changed),
        unchanged: Int(unchanged), repeated: Int(repeated), missing: staged.missing, range: range)
    }
  }

  private static let staging = """
    CREATE TEMPORARY TABLE twinmill_import (
      line bigint, metric integer, observed_at timestamptz, is_local boolean, value double precision) ON COMMIT DROP
    """

  private func explained(_ error: PostgresError) -> any Error {
    switch error.sqlstate {
    case "42501":
      ImportError.database(
        "\(error.message): this role may not import into domain \(domain.name); "
          + "run the first import as the owner of the twin tables' schema, which creates the domain's tables")
    case "22023" where error.message.contains("time zone"):
      ImportError.database("unknown time zone \"\(timeZone)\"; give an IANA name, such as Europe/Berlin")
    default: error
    }
  }
}

/// The observations of a file, line by line, as COPY asks for them. An error ends the sequence and is kept.
private final class StagedRows: Sequence, IteratorProtocol {
  private let nextLine: () throws -> [UInt8]?
  private let format: ObservationFormat
  private let file: String
  /// The header was line 1.
  private var line = 1
  private var pending: [(line: Int, observation: ObservationFormat.Observation)] = []
  private(set) var rows = 0
  private(set) var missing = 0
  private(set) var failure: (any Error)?

  init(_ format: ObservationFormat, file: String, _ nextLine: @escaping () throws -> [UInt8]?) {
    self.nextLine = nextLine
    self.format = format
    self.file = file
  }

  func next() -> (line: Int, observation: ObservationFormat.Observation)? {
    while pending.isEmpty {
      do {
        guard let bytes = try nextLine() else {
          if rows == 0 { failure = ImportError.file(file, problem: "has a header, but no data") }
          return nil
        }
        line += 1
        // Blank lines, as at the end of many files, are no data.
        if bytes.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) { continue }
        rows += 1
        for observation in try format.observations(bytes, number: line).reversed() {
          if let observation { pending.append((line, observation)) } else { missing += 1 }
        }
      } catch {
        failure = error
        return nil
      }
    }
    return pending.removeLast()
  }
}
