import Postgres

/// Why a database and a version of the program do not fit.
public enum MigrationError: Error, Sendable, CustomStringConvertible {
  /// The database lacks steps that this version needs.
  case missing([String])
  /// The database's functions, views or triggers are not those of this version, and no newer version's.
  case outdated([String])
  /// The database has steps that this version does not know.
  case newer([Int])
  /// The database's functions, views or triggers are those of a newer version.
  case newerRoutines(version: String)
  /// The twin tables live in another schema than the one asked for.
  case otherTwinsSchema(recorded: String, asked: String)
  /// The database's text is not UTF-8.
  case encoding(database: String, encoding: String)
  /// Row-level security hides rows of tables that must be read as they are.
  case hiddenRows(tables: [String], role: String)
  /// The program's own files do not fit together.
  case faultySchema([String])
  /// A step must run outside of a transaction, which a pooling proxy does not allow.
  case pooled(step: String)
  /// Another migrator kept its turn for too long.
  case busy(holders: String, limit: Duration)

  /// The fault in words, with the remedy.
  public var description: String {
    switch self {
    case .missing(let names):
      "the database lacks \(names.count) migration\(names.count == 1 ? "" : "s") "
        + "(\(names.joined(separator: ", "))); run: twinmill migrate up"
    case .outdated(let names):
      "\(names.count) function\(names.count == 1 ? "" : "s"), views or triggers of the database are not those of version "
        + "\(BuildInfo.version) (\(names.prefix(5).joined(separator: ", "))\(names.count > 5 ? ", …" : "")); "
        + "run: twinmill migrate up"
    case .newer(let numbers):
      "the database has migrations that version \(BuildInfo.version) does not know "
        + "(\(numbers.map(String.init).joined(separator: ", "))); use the newer twinmill that applied them"
    case .newerRoutines(let version):
      "the database has the functions of version \(version), this is version \(BuildInfo.version); use the newer "
        + "twinmill, or put this version's functions back: twinmill migrate up --older"
    case .otherTwinsSchema(let recorded, let asked):
      "this database keeps its twin tables in schema \"\(recorded)\", not \"\(asked)\"; "
        + "set TWINMILL_TWINS_SCHEMA=\(recorded)"
    case .encoding(let database, let encoding):
      "database \(database) has the encoding \(encoding), and Twinmill needs UTF8: a text that is not UTF-8 would stop "
        + "every worker; make another one: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0, "
        + "and restore a dump into it"
    case .hiddenRows(let tables, let role):
      "row-level security hides rows of \(tables.prefix(5).joined(separator: ", "))"
        + "\(tables.count > 5 ? ", …" : "") from role \(role): what is hidden would count as gone; ALTER TABLE … DISABLE ROW LEVEL SECURITY, "
        + "or a superuser runs: ALTER ROLE \(Statement.quotedIdentifier(role)) BYPASSRLS"
    case .faultySchema(let faults):
      "the program's SQL files do not fit together: \(faults.joined(separator: "; "))"
    case .pooled(let step):
      "migration \(step) runs outside of a transaction and cannot go through a pooling proxy; "
        + "run: twinmill migrate up with the URL of the server itself"
    case .busy(let holders, let limit):
      "another migration did not end within \(limit) (\(holders)); look at it in pg_stat_activity, end it with "
        + "SELECT pg_terminate_backend(PROCESS), and repeat"
    }
  }
}
