import FoundationEssentials
import Glibc
import TestServer
import Testing

/// Ways up that a login of one role might find, as scripts of that login.
@Suite("Trust: rights", .serialized)
struct TrustTests {
  /// Functions that somebody could misuse, by name and fault.
  private static let faultyFunctions = """
    SELECT p.oid::regprocedure || ': ' || f.fault
    FROM pg_proc p
    LEFT JOIN twinmill.routines r ON r.kind = 'function' AND r.signature = p.oid::regprocedure::text
    CROSS JOIN LATERAL (
      SELECT 'its search path is not pinned' AS fault
      WHERE p.prosecdef AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (p.proconfig), false)
      UNION ALL
      SELECT 'a trigger that ' || a.grantee::regrole || ' may use'
      FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
      WHERE p.prorettype = 'trigger'::regtype AND a.grantee <> p.proowner
      UNION ALL
      SELECT a.grantee::regrole || ' may call it, and its file does not say so'
      FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
      WHERE a.grantee <> p.proowner
        AND (a.grantee = 0 OR NOT coalesce(a.grantee::regrole::text = ANY (r.grants), false))
      UNION ALL
      SELECT 'a superuser owns it' FROM pg_roles o WHERE o.oid = p.proowner AND o.rolsuper
    ) AS f
    WHERE p.pronamespace = 'twinmill'::regnamespace ORDER BY 1
    """

  @Test("S1: no function with its owner's rights is anybody's trigger, looks names up elsewhere or is open to others")
  func functions() async throws {
    let database = try await TrustStage.installed()
    #expect(try await database.superuser(Self.faultyFunctions) == "")
    // The question finds each of the faults.
    for (fault, change) in [
      (
        "a trigger that twinmill_worker may use", "GRANT EXECUTE ON FUNCTION twinmill.note_changes() TO twinmill_worker"
      ),
      ("its search path is not pinned", "ALTER FUNCTION twinmill.pause(text) RESET ALL"),
      ("twinmill_read may call it", "GRANT EXECUTE ON FUNCTION twinmill.pause(text) TO twinmill_read"),
      ("a superuser owns it", "ALTER FUNCTION twinmill.pause(text) OWNER TO postgres"),
    ] {
      let found = try await database.superuser("BEGIN; \(change); \(Self.faultyFunctions); ROLLBACK;")
      #expect(found.contains(fault), "\(change): \(found)")
    }
  }

  @Test("S1: the worker's login cannot run code of its own with the owner's rights through a trigger")
  func workerToOwner() async throws {
    let database = try await TrustStage.installed()
    let triggers = try await database.superuser(
      """
      SELECT proname FROM pg_proc
      WHERE pronamespace = 'twinmill'::regnamespace AND prosecdef AND prorettype = 'trigger'::regtype
      """
    ).split(separator: "\n")
    #expect(triggers.count >= 5)
    for function in triggers {
      let answer = try await database.ask(
        """
        CREATE FUNCTION pg_temp.evil() RETURNS text LANGUAGE plpgsql AS $$
        BEGIN EXECUTE 'GRANT ALL ON twinmill.settings TO twinmill'; RETURN 'x'; END $$;
        CREATE TEMP VIEW via AS SELECT pg_temp.evil() AS subj, 'k'::text AS k;
        GRANT SELECT ON via TO PUBLIC;
        CREATE TEMP TABLE t (x text);
        CREATE TRIGGER g AFTER INSERT ON t REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
          EXECUTE FUNCTION twinmill.\(function)('sensor', 'x', 'via', 'k', 'subj');
        INSERT INTO t VALUES ('k');
        """, as: "twinmill")
      #expect(!answer.isDone && answer.text.contains("42501"), "\(function): \(answer.text)")
    }
    #expect(
      try await database.superuser("SELECT has_table_privilege('twinmill', 'twinmill.settings', 'UPDATE')") == "f\n")
  }

  @Test("S1: rights that an earlier version granted go with migrate up and with roles.sql")
  func earlierGrants() async throws {
    let database = try await TrustStage.installed()
    let grant = "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA twinmill TO twinmill_worker, twinmill_read;"
    try await database.superuser(grant + "UPDATE twinmill.routines SET checksum = 'earlier' WHERE kind = 'function'")
    #expect(try await Installed.run(["migrate", "up"], url: database.url).status == 0)
    #expect(try await database.superuser(Self.faultyFunctions) == "")
    try await database.superuser(grant)
    try await TrustStage.grant(on: database)
    #expect(try await database.superuser(Self.faultyFunctions) == "")
  }

  @Test("S2: where a subject stands in another table, that table is read with the rights of the role that writes")
  func applicationView() async throws {
    let database = try await TrustStage.installed()
    let app = try await database.login("app")
    try await database.goals(of: app)
    let answer = try await database.ask(
      """
      CREATE TABLE goals.seen (role name);
      CREATE FUNCTION goals.evil() RETURNS uuid LANGUAGE plpgsql AS $$
      BEGIN INSERT INTO goals.seen VALUES (current_user); RETURN NULL; END $$;
      INSERT INTO goals.users DEFAULT VALUES;
      ALTER TABLE goals.goals RENAME TO goals_real;
      CREATE VIEW goals.goals AS SELECT goals.evil() AS user_id, id FROM goals.goals_real;
      GRANT SELECT ON goals.goals TO PUBLIC;
      INSERT INTO goals.goals_real (user_id, title) VALUES (gen_random_uuid(), 'x');
      INSERT INTO goals.habits (goal_id, title) SELECT id, 'h' FROM goals.goals_real LIMIT 1;
      SELECT DISTINCT role FROM goals.seen;
      """, as: app)
    #expect(answer.isDone && answer.text == "\(app)\n", "\(answer.text)")
  }

  @Test("S2: keys of a type that an application has made are refused, with the column's name")
  func applicationCast() async throws {
    let database = try await TrustStage.installed()
    let app = try await database.login("app")
    try await database.goals(of: app)
    let cast = """
      CREATE TYPE goals.ident AS (v uuid);
      CREATE TABLE goals.seen (role name);
      CREATE FUNCTION goals.say(i goals.ident) RETURNS text LANGUAGE plpgsql AS $$
      BEGIN INSERT INTO goals.seen VALUES (current_user); RETURN (i.v)::text; END $$;
      CREATE CAST (goals.ident AS text) WITH FUNCTION goals.say(goals.ident);
      ALTER TABLE goals.users ALTER COLUMN id DROP DEFAULT, ALTER COLUMN id TYPE goals.ident USING ROW(id)::goals.ident;
      """
    let answer = try await database.ask(
      cast + "INSERT INTO goals.users (id) VALUES (ROW(gen_random_uuid())::goals.ident);", as: app)
    #expect(!answer.isDone && answer.text.contains("42804") && answer.text.contains("column id of goals.users"))
    #expect(answer.text.contains("HINT:"), "\(answer.text)")
    #expect(try await database.superuser("SELECT count(*) FROM goals.seen") == "0\n")
  }

  @Test("S2: rows are marked through another table; a writer that may not read it is told what to grant")
  func marks() async throws {
    let database = try await TrustStage.installed()
    let (app, writer) = (try await database.login("app"), try await database.login("writer"))
    try await database.goals(of: app)
    let marks = "SELECT source || ' ' || count(*) FROM twinmill.twin_changes GROUP BY source ORDER BY 1"
    let written = try await database.ask(
      """
      INSERT INTO goals.users DEFAULT VALUES;
      INSERT INTO goals.goals (user_id, title) SELECT id, 'x' FROM goals.users;
      INSERT INTO goals.habits (goal_id, title) SELECT id, 'h' FROM goals.goals, generate_series(1, 3);
      UPDATE goals.habits SET title = 'i';
      DELETE FROM goals.habits;
      GRANT USAGE ON SCHEMA goals TO \(writer);
      GRANT INSERT ON goals.habits TO \(writer);
      """, as: app)
    #expect(written.isDone, "\(written.text)")
    #expect(try await database.superuser(marks) == "goals 1\nhabits 3\nregister_subjects 1\n")
    let insert = "INSERT INTO goals.habits (goal_id, title) VALUES (gen_random_uuid(), 'h');"
    let refused = try await database.ask(insert, as: writer)
    #expect(!refused.isDone && refused.text.contains("GRANT SELECT ON goals.goals TO \(writer);"), "\(refused.text)")
    try await database.ask("GRANT SELECT ON goals.goals TO \(writer)", as: app)
    let done = try await database.ask(insert, as: writer)
    #expect(done.isDone, "\(done.text)")
    // A forged setting marks twins of the domain, and runs nothing.
    let forged = try await database.ask(
      "BEGIN; SET LOCAL twinmill.subjects_of_1 = '{a,b}'; \(insert) COMMIT;", as: writer)
    #expect(forged.isDone, "\(forged.text)")
  }

  @Test("S3: a superuser's migrate up gives everything to a role without login and without rights")
  func owner() async throws {
    let database = try await TrustStage.installed()
    #expect(
      try await database.superuser(
        "SELECT rolcanlogin, rolsuper, rolcreaterole FROM pg_roles WHERE rolname = 'twinmill_owner'")
        == "f|f|f\n")
    let csv = "/tmp/twinmill-test-\(UUID().uuidString).csv"
    defer { unlink(csv) }
    try "timestamp,value\n2026-01-01,1\n".write(toFile: csv, atomically: true, encoding: .utf8)
    #expect(try await Installed.run(["import", csv, "--twin", "t"], url: database.url).status == 0)
    let others = """
      SELECT c.oid::regclass || ' ' || c.relowner::regrole FROM pg_class c
      WHERE c.relnamespace IN ('twinmill'::regnamespace, 'public'::regnamespace) AND c.relkind IN ('r', 'p', 'v', 'S')
        AND c.relowner <> 'twinmill_owner'::regrole
      UNION ALL
      SELECT p.oid::regprocedure || ' ' || p.proowner::regrole FROM pg_proc p
      WHERE p.pronamespace = 'twinmill'::regnamespace AND p.proowner <> 'twinmill_owner'::regrole
      UNION ALL
      SELECT n.nspname || ' ' || n.nspowner::regrole FROM pg_namespace n
      WHERE n.nspname = 'twinmill' AND n.nspowner <> 'twinmill_owner'::regrole
      """
    #expect(try await database.superuser(others) == "")
    #expect(try await Installed.run(["migrate", "up"], url: database.url).out == "up to date\n")
    let down = try await Installed.run(["migrate", "down", "--to", "0"], url: database.url)
    #expect(down.status == 0, "\(down.err)")
    #expect(
      try await database.superuser("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace") == "0\n"
    )
  }

  @Test("S3: domains prepare and migrate up refuse a superuser's session where a table belongs to an application")
  func superuserSession() async throws {
    let database = try await TrustStage.installed()
    let app = try await database.login("app")
    try await database.superuser("CREATE SCHEMA goals AUTHORIZATION \(app)")
    let tables = """
      CREATE TYPE goals.ident AS (v uuid);
      CREATE FUNCTION goals.say(i goals.ident) RETURNS text LANGUAGE plpgsql AS $$
      BEGIN
        IF session_user = 'postgres' THEN
          EXECUTE 'SET ROLE NONE'; EXECUTE 'ALTER ROLE \(app) SUPERUSER'; EXECUTE 'SET ROLE twinmill_owner';
        END IF;
        RETURN (i.v)::text; END $$;
      CREATE CAST (goals.ident AS text) WITH FUNCTION goals.say(goals.ident);
      CREATE TABLE goals.users (id goals.ident PRIMARY KEY DEFAULT ROW(gen_random_uuid())::goals.ident, name text);
      INSERT INTO goals.users DEFAULT VALUES;
      GRANT USAGE, CREATE ON SCHEMA goals TO twinmill_owner;
      GRANT SELECT, TRIGGER ON goals.users TO twinmill_owner;
      """
    let made = try await database.ask(tables, as: app)
    #expect(made.isDone, "\(made.text)")
    for options in [nil, "-c role=twinmill_owner"] {
      let prepared = try await Installed.run(
        ["domains", "prepare", "goals"], url: database.url, environment: ["PGOPTIONS": options])
      #expect(prepared.status == 78 && prepared.err.contains("goals.users belongs to role \(app)"), "\(prepared.err)")
    }
    // A login that is no superuser is let in, and meets no code of the application.
    let admin = try await database.login("admin", "IN ROLE twinmill_owner")
    let refused = try await Installed.run(["domains", "prepare", "goals"], url: database.url(as: admin))
    #expect(refused.status == 1 && refused.err.contains("column id of goals.users"), "\(refused.err)")
    try await database.ask("DROP TABLE goals.users; CREATE TABLE goals.users (id uuid PRIMARY KEY);", as: app)
    try await database.ask("GRANT SELECT, TRIGGER ON goals.users TO twinmill_owner", as: app)
    let done = try await Installed.run(
      ["domains", "prepare", "goals"], url: database.url(as: admin),
      environment: ["PGOPTIONS": "-c role=twinmill_owner"])
    #expect(done.status == 0, "\(done.err)")
    // A view in the place of a table.
    try await database.ask(
      "ALTER TABLE goals.users RENAME TO real; CREATE VIEW goals.users AS TABLE goals.real;", as: app)
    let view = try await Installed.run(["domains", "prepare", "goals"], url: database.url(as: admin))
    #expect(view.status == 1 && view.err.contains("goals.users is not a table"), "\(view.err)")
    #expect(try await database.superuser("SELECT rolsuper FROM pg_roles WHERE rolname = '\(app)'") == "f\n")
  }

  @Test("S3: migrate up refuses a superuser's session where the twins' tables or the schema belong to another role")
  func superuserMigrates() async throws {
    for prepare in ["CREATE TABLE user_digital_twins (id uuid PRIMARY KEY)", "CREATE SCHEMA twinmill"] {
      let database = try await TrustStage.empty()
      let app = try await database.login("app")
      try await database.superuser(
        "GRANT CREATE ON SCHEMA public TO \(app); GRANT CREATE ON DATABASE \(database.name) TO \(app)")
      let made = try await database.ask(prepare, as: app)
      #expect(made.isDone, "\(made.text)")
      let up = try await Installed.run(["migrate", "up"], url: database.url)
      #expect(up.status == 78 && up.err.contains("belongs to role \(app)"), "\(up.err)")
      #expect(try await database.superuser("SELECT to_regclass('twinmill.migrations') IS NULL") == "t\n")
    }
  }

  @Test("S4: the worker's login cannot write the list from which roles.sql grants and migrate down drops")
  func createdObjects() async throws {
    let database = try await TrustStage.installed()
    try await database.superuser("CREATE SCHEMA payroll; CREATE TABLE payroll.salaries (n int)")
    let entry = """
      INSERT INTO twinmill.created_objects (origin, object_type, schema_name, table_name)
      VALUES ('goals', 'table', 'payroll', 'salaries'), ('goals', 'schema', 'payroll', NULL);
      """
    let refused = try await database.ask(entry, as: "twinmill")
    #expect(!refused.isDone && refused.text.contains("42501"), "\(refused.text)")
    // An entry that an earlier version let in is neither granted nor dropped.
    try await database.superuser(entry)
    try await TrustStage.grant(on: database)
    let read = try await database.ask("TABLE payroll.salaries", as: "twinmill")
    #expect(!read.isDone && read.text.contains("42501"), "\(read.text)")
    let down = try await Installed.run(["migrate", "down", "--to", "0"], url: database.url)
    #expect(down.status == 0, "\(down.err)")
    #expect(try await database.superuser("SELECT to_regclass('payroll.salaries') IS NOT NULL") == "t\n")
  }
}
