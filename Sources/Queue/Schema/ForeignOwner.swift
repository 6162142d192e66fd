import Postgres

/// A superuser's session must not touch what belongs to a role that is none: code of that role, a trigger or a type's cast
/// for one, would run with the superuser's rights, and SET ROLE is no protection, because the code can undo it.
public struct ForeignOwner: Error, Sendable, CustomStringConvertible {
  /// The object, as SQL names it.
  public let object: String
  /// Its owner.
  public let owner: String

  /// The danger and the remedy.
  public var description: String {
    "\(object) belongs to role \(owner), and this session is a superuser's: code of \(owner) could take its rights, also "
      + "after SET ROLE; connect as a login that is no superuser and a member of the owner of Twinmill's schema "
      + "(see \"Not as a superuser\" in operate/roles.md of the manual)"
  }

  /// Refuses these tables, where they are there, and Twinmill's own schema to a superuser's session unless they belong to
  /// a superuser or to twinmill_owner.
  /// - Throws: `ForeignOwner`, `PostgresError`.
  public static func refuse(_ tables: [(schema: String, name: String)], on connection: Connection) async throws {
    let rows = try await connection.query(Statements.foreignOwner(tables.map(\.schema), tables.map(\.name)))
    guard let row = rows.first else { return }
    let (object, owner) = try row.decode(String.self, String.self)
    throw ForeignOwner(object: object, owner: owner)
  }
}
