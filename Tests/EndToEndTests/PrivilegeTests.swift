import FoundationEssentials
import TestGolden
import TestServer
import Testing

/// The table of privileges in the manual, against a server.
@Suite("Privileges", .serialized)
struct PrivilegeTests {
  /// Runs a statement as a role, undoes it, and returns its SQLSTATE; 00000: it was done.
  private static let attempt = """
    CREATE FUNCTION pg_temp.attempt(role name, statement text) RETURNS text LANGUAGE plpgsql AS $$
    BEGIN
      EXECUTE format('SET LOCAL ROLE %I', role);
      EXECUTE statement;
      RAISE EXCEPTION USING ERRCODE = 'ZZ999', MESSAGE = 'undone';
    EXCEPTION WHEN OTHERS THEN
      RETURN CASE sqlstate WHEN 'ZZ999' THEN '00000' ELSE sqlstate END;
    END $$;
    """

  /// A table's rows below a heading: cells without marks.
  private static func rows(below heading: String, of page: String) -> [[String]] {
    let section = page.components(separatedBy: "\n## ").first { $0.hasPrefix(heading) } ?? ""
    return section.split(separator: "\n").filter { $0.hasPrefix("|") }.map { line in
      line.split(separator: "|").map { $0.replacing("`", with: "").trimmed }
    }
  }

  @Test("each cell of the manual's table is true: what it denies is denied with 42501, what it allows is allowed")
  func cells() async throws {
    let page = try String(
      contentsOfFile: "\(Golden.repository)/Deploy/docs/reference/privileges.md", encoding: .utf8)
    let database = try await TrustStage.installed()
    let plain = try await database.login("plain")
    let functions = Self.rows(below: "Functions", of: page)
    let relations = Self.rows(below: "Views and tables", of: page)
    #expect(functions.count > 80 && relations.count > 35)
    var questions: [String] = []
    func ask(_ what: String, _ role: String, _ expected: String, _ sql: String) {
      questions.append(
        "SELECT '\(what) as \(role): ' || answer FROM (SELECT (\(sql)) AS answer) a WHERE answer <> '\(expected)';")
    }
    let roles = functions[0].dropFirst(2).map { "twinmill_\($0)" }
    // A call with a NULL for each parameter: the right is asked for before the body runs. The planner must not know them,
    // or it would answer for a function that is strict.
    func call(_ name: String) -> String {
      """
      SELECT format('SELECT twinmill.%I(%s) FROM (SELECT %s OFFSET 0) AS a', p.proname, (
          SELECT string_agg(
            CASE WHEN n = p.pronargs AND p.provariadic <> 0 THEN 'VARIADIC ' ELSE '' END || 'a' || n, ', ' ORDER BY n)
          FROM generate_series(1, p.pronargs) AS n
        ), (
          SELECT string_agg(format('NULL::%s AS a%s', format_type(t, NULL), n), ', ' ORDER BY n)
          FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a (t, n)
        ))
      FROM pg_proc p WHERE p.proname = '\(name)' AND p.pronamespace = 'twinmill'::regnamespace
      """
    }
    for row in functions.dropFirst(2) {
      for (role, cell) in zip(roles, row.dropFirst(2)) {
        if cell == "no" {
          ask(row[0], role, "42501", "SELECT pg_temp.attempt('\(role)', (\(call(row[0]))))")
        } else {
          ask(
            row[0], role, "true",
            """
            SELECT bool_and(has_function_privilege('\(role)', oid, 'EXECUTE'))::text FROM pg_proc
            WHERE proname = '\(row[0])' AND pronamespace = 'twinmill'::regnamespace
            """)
        }
      }
      ask(row[0], plain, "42501", "SELECT pg_temp.attempt('\(plain)', (\(call(row[0]))))")
    }
    let views = try await database.superuser(
      "SELECT relname FROM pg_class WHERE relkind = 'v' AND relnamespace = 'twinmill'::regnamespace"
    ).split(separator: "\n").map { "twinmill.\($0)" }
    for row in relations.dropFirst(2) {
      let writes = views.contains(row[0]) ? [] : ["INSERT", "UPDATE", "DELETE"]
      func statement(_ right: String) -> String {
        switch right {
        case "SELECT": "SELECT FROM \(row[0]) LIMIT 0"
        case "INSERT": "INSERT INTO \(row[0]) DEFAULT VALUES"
        case "DELETE": "DELETE FROM \(row[0]) WHERE false"
        default: "UPDATE \(row[0]) SET %1$I = DEFAULT WHERE false"
        }
      }
      func sql(_ right: String) -> String {
        """
        SELECT format('\(statement(right))', a.attname) FROM pg_attribute a
        WHERE a.attrelid = '\(row[0])'::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum LIMIT 1
        """
      }
      for (role, cell) in zip(roles + [plain], Array(row.dropFirst()) + ["–"]) {
        let allowed = cell.split(separator: ",").map { $0.trimmed }
        for right in ["SELECT"] + writes {
          if allowed.contains(right) {
            ask(row[0], role, "true", "SELECT has_table_privilege('\(role)', '\(row[0])', '\(right)')::text")
          } else {
            ask("\(right) \(row[0])", role, "42501", "SELECT pg_temp.attempt('\(role)', (\(sql(right))))")
          }
        }
        for right in ["TRUNCATE", "REFERENCES", "TRIGGER"] where row[0] != "" {
          ask(
            "\(right) \(row[0])", role, "false",
            "SELECT has_table_privilege('\(role)', '\(row[0])', '\(right)')::text")
        }
      }
    }
    #expect(questions.count > 1000)
    let wrong = try await database.superuser(Self.attempt + questions.joined(separator: "\n"))
    #expect(wrong == "", "\(wrong)")
    // No function and no relation is missing in the table.
    let missing = try await database.superuser(
      """
      SELECT proname FROM pg_proc WHERE pronamespace = 'twinmill'::regnamespace AND prorettype <> 'trigger'::regtype
        AND proname <> ALL ('{\(functions.map { $0[0] }.joined(separator: ","))}')
      UNION ALL
      SELECT relname FROM pg_class WHERE relnamespace = 'twinmill'::regnamespace AND relkind IN ('r', 'p', 'v')
        AND NOT relispartition AND 'twinmill.' || relname <> ALL ('{\(relations.map { $0[0] }.joined(separator: ","))}')
      """)
    #expect(missing == "", "\(missing)")
  }
}

extension StringProtocol {
  fileprivate var trimmed: String {
    var text = Substring(self)
    while text.last == " " { text.removeLast() }
    return String(text.drop { $0 == " " })
  }
}
