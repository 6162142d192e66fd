/// The one list of settings that every session of Twinmill sets for itself, whatever the server, the database or the
/// role says. Our statements mean the same everywhere because of it.
///
/// All else stays the operator's: `work_mem` and the costs of the planner, `jit`, `synchronous_commit`
/// (durability is bought there), `default_tablespace`, `role`, and `default_transaction_read_only`, by which managed
/// servers protect a full disk: Twinmill waits until it can write again.
public enum SessionSettings {
  /// Name and value, the value as `current_setting` prints it. Settings that a server does not know are left out.
  public static let pinned: [(name: String, value: String)] =
    transactions + texts + names + limits + rows.map { ($0, "off") } + tables + plans.map { ($0, "on") } + planBounds

  /// A claim reads what other sessions have committed since its transaction began. In a snapshot it would compute jobs
  /// twice.
  private static let transactions = [
    ("default_transaction_isolation", "read committed"), ("default_transaction_deferrable", "off"),
    // Without our triggers and foreign keys no mark is left and no dependency is settled.
    ("session_replication_role", "origin"), ("exit_on_error", "off"), ("plpgsql.extra_errors", "none"),
  ]

  /// How texts become values and values become texts.
  private static let texts = [
    ("TimeZone", "UTC"), ("timezone_abbreviations", "Default"), ("DateStyle", "ISO, MDY"),
    ("IntervalStyle", "postgres"), ("standard_conforming_strings", "on"), ("backslash_quote", "safe_encoding"),
    ("array_nulls", "on"), ("transform_null_equals", "off"), ("bytea_output", "hex"), ("extra_float_digits", "1"),
    ("xmloption", "content"), ("xmlbinary", "base64"), ("lc_numeric", "C"), ("lc_monetary", "C"), ("lc_time", "C"),
  ]

  /// Which object a name means. Names in our statements have schemas.
  private static let names = [("search_path", "pg_catalog, pg_temp"), ("quote_all_identifiers", "off")]

  /// The client has a deadline for each round trip, and statements that must not wait set `lock_timeout` themselves. A
  /// transaction of ours stands still only if its process does: it must not hold its locks for ever.
  private static let limits = [
    ("statement_timeout", "0"), ("lock_timeout", "0"), ("transaction_timeout", "0"), ("idle_session_timeout", "0"),
    ("idle_in_transaction_session_timeout", "10min"), ("client_min_messages", "notice"),
  ]

  /// A table that row-level security hides from us is an error, never an empty table.
  private static let rows = ["row_security"]

  /// The form of the tables and functions that `twinmill migrate up` makes.
  private static let tables = [
    ("default_table_access_method", "heap"), ("default_toast_compression", "pglz"), ("check_function_bodies", "on"),
  ]

  /// Ways to run a statement that somebody may have switched off for another program. Statements that need one plan
  /// switch the others off themselves.
  private static let plans = [
    "async_append", "bitmapscan", "distinct_reordering", "gathermerge", "group_by_reordering", "hashagg", "hashjoin",
    "incremental_sort", "indexonlyscan", "indexscan", "material", "memoize", "mergejoin", "nestloop", "parallel_append",
    "parallel_hash", "partition_pruning", "presorted_aggregate", "self_join_elimination", "seqscan", "sort", "tidscan",
  ].map { "enable_" + $0 }

  private static let planBounds = [
    ("plan_cache_mode", "auto"), ("constraint_exclusion", "partition"), ("cursor_tuple_fraction", "0.1"),
    ("from_collapse_limit", "8"), ("join_collapse_limit", "8"), ("geqo", "on"),
  ]
}

extension ConnectionSettings {
  /// The list with the values that these settings name themselves.
  var sessionSettings: [(name: String, value: String)] {
    let own = options.sessionSettings
    return SessionSettings.pinned.filter { own[$0.name] == nil }
      + own.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// An expression that gives each setting its value where it has another one, and is their number. A setting that has
  /// its value already is not touched: a role may lack the right to set it.
  /// - Parameters:
  ///   - scope: `session`, or `transaction`: until the transaction ends.
  ///   - condition: for all of them.
  func pin(for scope: PinScope, where condition: String = "true") -> String {
    let rows = sessionSettings.map { "(\(Self.literal($0.name)),\(Self.literal($0.value)))" }
    return """
      (SELECT pg_catalog.count(pg_catalog.set_config(s.name, s.value, \(scope == .transaction))) \
      FROM (VALUES \(rows.joined(separator: ","))) AS s(name, value) \
      WHERE \(condition) AND pg_catalog.current_setting(s.name, true) OPERATOR(pg_catalog.<>) s.value)
      """
  }

  /// How long a value holds.
  enum PinScope { case session, transaction }

  /// A string that means the same whatever `standard_conforming_strings` and `backslash_quote` say.
  private static func literal(_ text: String) -> String {
    "E'" + text.replacing("\\", with: "\\\\").replacing("'", with: "''") + "'"
  }
}
