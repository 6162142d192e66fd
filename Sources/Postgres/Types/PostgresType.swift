/// A data type of the server, by its object id. Built-in ids never change between versions.
public struct PostgresType: RawRepresentable, Hashable, Sendable {
  /// The OID in `pg_type`.
  public let rawValue: UInt32

  /// A type by its OID.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  init(_ oid: UInt32) { rawValue = oid }

  /// Let the server infer the type of a parameter from its use; also "not known" for values of a binary COPY.
  public static let unspecified = PostgresType(0)
  /// `boolean`
  public static let bool = PostgresType(16)
  /// `bytea`
  public static let bytea = PostgresType(17)
  /// `"char"`, a single byte
  public static let char = PostgresType(18)
  /// `name`
  public static let name = PostgresType(19)
  /// `bigint`
  public static let int8 = PostgresType(20)
  /// `smallint`
  public static let int2 = PostgresType(21)
  /// `integer`
  public static let int4 = PostgresType(23)
  /// `text`
  public static let text = PostgresType(25)
  /// `oid`
  public static let oid = PostgresType(26)
  /// `json`
  public static let json = PostgresType(114)
  /// `xml`
  public static let xml = PostgresType(142)
  /// `real`
  public static let float4 = PostgresType(700)
  /// `double precision`
  public static let float8 = PostgresType(701)
  /// `unknown`: a literal without a type
  public static let unknown = PostgresType(705)
  /// `character(n)`
  public static let bpchar = PostgresType(1042)
  /// `character varying`
  public static let varchar = PostgresType(1043)
  /// `date`
  public static let date = PostgresType(1082)
  /// `timestamp without time zone`
  public static let timestamp = PostgresType(1114)
  /// `timestamp with time zone`
  public static let timestamptz = PostgresType(1184)
  /// `interval`
  public static let interval = PostgresType(1186)
  /// `numeric`
  public static let numeric = PostgresType(1700)
  /// `void`, the result of a function without one
  public static let void = PostgresType(2278)
  /// `uuid`
  public static let uuid = PostgresType(2950)
  /// `jsonb`
  public static let jsonb = PostgresType(3802)

  /// `boolean[]`
  public static let boolArray = PostgresType(1000)
  /// `bytea[]`
  public static let byteaArray = PostgresType(1001)
  /// `smallint[]`
  public static let int2Array = PostgresType(1005)
  /// `integer[]`
  public static let int4Array = PostgresType(1007)
  /// `text[]`
  public static let textArray = PostgresType(1009)
  /// `bigint[]`
  public static let int8Array = PostgresType(1016)
  /// `real[]`
  public static let float4Array = PostgresType(1021)
  /// `double precision[]`
  public static let float8Array = PostgresType(1022)
  /// `date[]`
  public static let dateArray = PostgresType(1182)
  /// `timestamptz[]`
  public static let timestamptzArray = PostgresType(1185)
  /// `interval[]`
  public static let intervalArray = PostgresType(1187)
  /// `numeric[]`
  public static let numericArray = PostgresType(1231)
  /// `uuid[]`
  public static let uuidArray = PostgresType(2951)
  /// `jsonb[]`
  public static let jsonbArray = PostgresType(3807)

  /// True for types that a user created (enums, domains' bases excepted, extensions' types).
  var isUserDefined: Bool { rawValue >= 16384 }
}

extension PostgresType: CustomStringConvertible {
  private static let names: [UInt32: String] = [
    16: "boolean", 17: "bytea", 18: "\"char\"", 19: "name", 20: "bigint", 21: "smallint", 23: "integer", 25: "text",
    26: "oid", 114: "json", 142: "xml", 700: "real", 701: "double precision", 705: "unknown", 1000: "boolean[]",
    1001: "bytea[]", 1005: "smallint[]", 1007: "integer[]", 1009: "text[]", 1015: "varchar[]", 1016: "bigint[]",
    1021: "real[]", 1022: "double precision[]", 1042: "character", 1043: "character varying", 1082: "date",
    1083: "time", 1114: "timestamp", 1115: "timestamp[]", 1182: "date[]", 1184: "timestamptz",
    1185: "timestamptz[]", 1186: "interval", 1187: "interval[]", 1231: "numeric[]", 1266: "timetz", 1700: "numeric",
    2205: "regclass", 2249: "record", 2278: "void", 2950: "uuid", 2951: "uuid[]", 3802: "jsonb", 3807: "jsonb[]",
  ]

  /// The type's SQL name, or its OID.
  public var description: String { Self.names[rawValue] ?? "type with OID \(rawValue)" }
}
