import FoundationEssentials
import Postgres
import TestServer
import Testing

@testable import Queue

@Suite("Enqueue many", .dropsDatabases)
struct EnqueueManyTests: DatabaseSuite {
  /// Rows with every parameter, each now and then left out or wrong; three jobs are there before: 1 waits, 2 is
  /// completed, 3 is cancelled.
  private static let generated = """
    SELECT setseed(0.42);
    CREATE FUNCTION pg_temp.pick(choices jsonb) RETURNS jsonb LANGUAGE sql VOLATILE
      AS $$ SELECT choices -> floor(random() * jsonb_array_length(choices))::integer $$;
    CREATE FUNCTION pg_temp.maybe(name text, share float, good jsonb, bad jsonb) RETURNS jsonb LANGUAGE sql VOLATILE
      AS $$ SELECT CASE WHEN random() < 0.04 THEN jsonb_build_object(name, pg_temp.pick(bad))
                        WHEN random() < share THEN jsonb_build_object(name, pg_temp.pick(good)) ELSE '{}' END $$;
    CREATE TABLE asked AS
      SELECT n AS number,
        '{"kind": "probe"}' || pg_temp.maybe('kind', 0.3, '["other"]', '["nope", null, "about_twin"]')
        || pg_temp.maybe('arguments', 0.5, '[{}, {"count": 3}, {"mode": "fast", "name": "abc"}, {"tags": ["a", "b"]}]',
             '[{"count": 10}, {"nope": 1}, [], null, {"tags": [1]}, {"name": "x"}]')
        || pg_temp.maybe('twin', 0.3, '["00000000-0000-0000-0000-000000000001", null]',
             '["00000000-0000-0000-0000-000000000009", "x"]')
        || pg_temp.maybe('queue', 0.3, '["q", "r", null]', '["a b", ""]')
        || pg_temp.maybe('priority', 0.3, '[0, 5, -3, null]', '[40000, "high"]')
        || pg_temp.maybe('run_at', 0.3, '["2100-01-01", "2001-01-01"]', '["soon"]')
        || pg_temp.maybe('unique_key', 0.4, '["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"]', '[""]')
        || pg_temp.maybe('max_attempts', 0.2, '[1, 9]', '[0]')
        || pg_temp.maybe('depends_on', 0.2, '[[1], [1, 2, 1], [2], [], null]', '[[3], [999999], [null]]')
        || pg_temp.maybe('on_discard', 0.2, '[["run"], ["discard"]]', '[["maybe"], ["run", "run"]]')
        || pg_temp.maybe('tenant', 0.2, '["t", "", null]', '[7]')
        || pg_temp.maybe('concurrency_key', 0.2, '["k"]', '[""]')
        || pg_temp.maybe('deadline', 0.2, '["2200-01-01"]', '["2050-01-01", "2001-01-01"]')
        || pg_temp.maybe('if_waiting', 0.15, '["replace", "keep"]', '["drop"]') AS job
      FROM generate_series(1, 1500) AS n;
    SELECT twinmill.enqueue('probe', tenant => 'base'), twinmill.enqueue('probe', tenant => 'base'),
           twinmill.enqueue('probe', tenant => 'base');
    SELECT twinmill.archive('{2}', 'completed', 'test', 'test'), twinmill.archive('{3}', 'cancelled', 'test', 'test');
    """

  private static let oneByOne = """
    CREATE FUNCTION pg_temp.single(job jsonb, OUT job_id bigint, OUT outcome text, OUT message text) LANGUAGE plpgsql AS $$
    DECLARE hint text;
    BEGIN
      SELECT e.job_id, e.outcome INTO job_id, outcome
      FROM twinmill.enqueue(
        kind => job ->> 'kind', twin => (job ->> 'twin')::uuid,
        arguments => CASE WHEN job ? 'arguments' THEN nullif(job -> 'arguments', 'null') ELSE '{}' END,
        queue => job ->> 'queue', priority => (job ->> 'priority')::integer, run_at => (job ->> 'run_at')::timestamptz,
        unique_key => job ->> 'unique_key', max_attempts => (job ->> 'max_attempts')::integer,
        depends_on => (SELECT array_agg(d::bigint) FROM jsonb_array_elements_text(nullif(job -> 'depends_on', 'null')) AS d),
        on_discard => CASE WHEN job ? 'on_discard'
          THEN ARRAY(SELECT jsonb_array_elements_text(job -> 'on_discard')) ELSE '{discard}' END,
        tenant => job ->> 'tenant', concurrency_key => job ->> 'concurrency_key',
        deadline => (job ->> 'deadline')::timestamptz, if_waiting => job ->> 'if_waiting') AS e;
    EXCEPTION WHEN others THEN
      GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
      outcome := 'refused';
      message := concat_ws(' ', sqlerrm || '.', nullif(hint, ''));
    END $$;
    CREATE TABLE results AS SELECT a.number, s.* FROM asked a, pg_temp.single(a.job) AS s ORDER BY a.number;
    """

  private static let allAtOnce = """
    CREATE TABLE results AS
      SELECT r.* FROM twinmill.enqueue_many((SELECT jsonb_agg(job ORDER BY number) FROM asked)) AS r;
    """

  /// The outcome of each row; a job has the name of the row that made it.
  private static let story: SQL = """
    WITH named AS (SELECT job_id, min(number) AS name FROM results GROUP BY job_id)
    SELECT format('%s %s %s %s', r.number, r.outcome, n.name, r.message)
    FROM results r LEFT JOIN named n ON n.job_id = r.job_id
    UNION ALL
    SELECT format('%s %s', n.name, to_jsonb(j) - 'job_id' - 'enqueued_at' - 'attempt'
                  - CASE WHEN j.run_at > now() OR j.run_at < '2002-01-01' THEN '' ELSE 'run_at' END)
    FROM twinmill.jobs j JOIN named n ON n.job_id = j.job_id
    UNION ALL
    SELECT format('%s waits for %s, %s', n.name, d.depends_on, d.on_discard)
    FROM twinmill.dependencies d JOIN named n ON n.job_id = d.job_id
    ORDER BY 1
    """

  private func story(_ way: String) async throws -> [String] {
    let database = try await QueueDatabase.create()
    let connection = try await database.connect()
    try await connection.script(Self.generated)
    try await connection.script(way)
    return try await connection.query(Self.story).map { try $0.decode(String.self) }
  }

  @Test("many at once end as the same calls one by one, refusals word for word")
  func equalsSingleCalls() async throws {
    let single = try await story(Self.oneByOne)
    let bulk = try await story(Self.allAtOnce)
    for outcome in ["inserted", "merged", "replaced", "refused"] {
      #expect(single.filter { $0.contains(" \(outcome) ") }.count > 20, "too few are \(outcome)")
    }
    #expect(Set(bulk).subtracting(single).sorted() == [])
    #expect(Set(single).subtracting(bulk).sorted() == [])
  }

  @Test("a kind's predicate accepts exactly what its schema finds no fault with", .queueDatabase)
  func predicate() async throws {
    try await connection.script(
      #"""
      CREATE TEMP TABLE v AS SELECT v::jsonb FROM unnest(ARRAY['null', 'true', 'false', '0', '1', '-1', '1.5', '9', '10',
        '1e3', '""', '"a"', '"ab"', '"fast"', '"a\nb"', '"äöü"', '"abcde"', '[]', '["a"]', '["a", "b"]', '[1]', '[[]]',
        '[["a"]]', '[null]', '{}', '{"a": 1}', '{"a": "x"}', '{"b": []}', '{"a": 1, "b": "ab"}', '{"c": {"a": 2}}',
        '"say \"x\" \\"', '[{"a": 1}]', '[[1, 2], [3]]', '{"a.b": 1}', '{"": 0}']) AS v;
      INSERT INTO v SELECT jsonb_build_object('a', a.v, 'b', b.v) FROM (SELECT v FROM v LIMIT 35) a,
        (SELECT v FROM v LIMIT 35) b;
      INSERT INTO v SELECT jsonb_build_array(a.v) FROM (SELECT v FROM v LIMIT 35) a;
      CREATE TEMP TABLE s AS SELECT s::jsonb FROM unnest(ARRAY['{}', '{"type": "string"}', '{"type": "integer"}',
        '{"type": "number"}', '{"type": ["integer", "null"]}', '{"type": ["string", "array"]}', '{"type": "any"}',
        '{"enum": ["fast", "a", 1, true, null]}', '{"enum": ["say \"x\" \\"]}', '{"minimum": 0}', '{"maximum": 9}',
        '{"type": "number", "minimum": -1, "maximum": 1.5}', '{"minLength": 2}', '{"maxLength": 2}', '{"maxLength": 0}',
        '{"type": "string", "minLength": 1, "maxLength": 3}', '{"minItems": 1}', '{"maxItems": 1, "type": "array"}',
        '{"items": {"type": "string"}}', '{"items": {"items": {"type": "integer"}, "type": "array"}}',
        '{"required": ["a"]}', '{"required": ["a", "b"], "type": "object"}', '{"properties": {"a": {"type": "integer"}}}',
        '{"properties": {"a": {"minimum": 1}, "b": {"type": "string"}}, "additionalProperties": false}',
        '{"additionalProperties": false}', '{"type": ["array", "object"], "minItems": 1, "required": ["a"]}',
        '{"items": {"properties": {"a": {"type": "string"}}, "required": ["a"], "type": "object"}}',
        '{"enum": [1.0, 10]}', '{"properties": {"": {"minimum": 1}}}']) AS s;
      INSERT INTO s SELECT jsonb_build_object('type', 'object', 'additionalProperties', false, 'properties',
        jsonb_build_object('a', a.s, 'b', b.s)) FROM (SELECT s FROM s LIMIT 29) a, (SELECT s FROM s LIMIT 29) b;
      """#)
    let (compared, accepted, wrong) = try await connection.query(
      """
      SELECT count(*), count(*) FILTER (WHERE c.accepts), min(format('%s: %s: %s', c.s, c.v, c.fault))
        FILTER (WHERE c.accepts IS DISTINCT FROM (c.fault IS NULL))
      FROM (SELECT s, v, v @@ p AS accepts, twinmill.schema_fault(s, v) AS fault
            FROM (SELECT s, ('strict ' || twinmill.schema_predicate(s))::jsonpath AS p FROM s OFFSET 0) AS s, v
            WHERE abs(hashtext(s::text || v::text)) % 20 = 0) AS c
      """
    ).only().decode(Int64.self, Int64.self, String?.self)
    #expect(compared > 30_000 && accepted > 3_000)
    #expect(wrong == nil)
  }

  @Test("a schema without a predicate is still checked", .queueDatabase)
  func withoutPredicate() async throws {
    try await connection.script(
      """
      UPDATE twinmill.kinds SET arguments_schema = '{"properties": {"name": {"maxLength": 300}}}' WHERE name = 'probe';
      """)
    #expect(try await connection.value("SELECT accepts IS NULL FROM twinmill.kinds WHERE name = 'probe'") == true)
    let rows = try await connection.query(
      """
      SELECT outcome, message FROM twinmill.enqueue_all(ARRAY[
        twinmill.request('probe', arguments => jsonb_build_object('name', repeat('x', 300))),
        twinmill.request('probe', arguments => jsonb_build_object('name', repeat('x', 301)))])
      """)
    let results = try rows.map { try $0.decode(String.self, String?.self) }
    #expect(results.map(\.0) == ["inserted", "refused"])
    #expect(results[1].1?.contains("argument \"name\" must have at most 300 characters") == true)
  }

  @Test("ids follow the order of the array, whatever the keys", .queueDatabase)
  func order() async throws {
    let ids = try await connection.query(
      """
      SELECT job_id FROM twinmill.enqueue_all(ARRAY(
        SELECT twinmill.request('probe', unique_key => CASE WHEN n % 3 > 0 THEN (n * 7919 % 100)::text END)
        FROM generate_series(1, 100) AS n))
      """
    ).map { try $0.decode(Int64.self) }
    #expect(ids.count == 100 && ids == ids.sorted())
  }

  @Test("calls with the same keys in opposite orders wait for each other, and never in a circle")
  func noDeadlock() async throws {
    let database = try await QueueDatabase.create()
    let outcomes = try await withThrowingTaskGroup(of: [String].self) { group in
      for task in 0..<4 {
        group.addTask {
          let connection = try await database.connect()
          var outcomes: [String] = []
          for round in 0..<20 {
            outcomes += try await connection.query(
              Self.overlapping(round, descending: task % 2 == 0, replaces: task == 3)
            )
            .map { try $0.decode(String.self) }
          }
          return outcomes
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(outcomes.filter { $0 == "inserted" }.count == 20 * 50)
    #expect(outcomes.filter { $0 == "merged" || $0 == "replaced" }.count == 3 * 20 * 50)
  }

  private static func overlapping(_ round: Int, descending: Bool, replaces: Bool) -> SQL {
    """
    SELECT outcome FROM twinmill.enqueue_all(ARRAY(
      SELECT twinmill.request('probe', unique_key => format('%s-%s', \(Int32(round))::integer, n),
        if_waiting => CASE WHEN \(replaces) AND n = 25 THEN 'replace' ELSE 'keep' END)
      FROM generate_series(1, 50) AS n ORDER BY CASE WHEN \(descending) THEN -n ELSE n END))
    """
  }

  @Test("one call wakes each queue once, and only those with something ready")
  func wakes() async throws {
    let database = try await QueueDatabase.create()
    let listening = try await database.connect()
    let notifications = listening.notifications()
    try await listening.script("LISTEN twinmill_jobs")
    let connection = try await database.connect()
    _ = try await connection.query(
      """
      SELECT twinmill.enqueue_many('[{"kind": "probe", "queue": "a"}, {"kind": "probe", "queue": "a", "priority": 3},
        {"kind": "probe", "queue": "later", "run_at": "2100-01-01"}, {"kind": "probe", "queue": "b", "unique_key": "x"},
        {"kind": "nope", "queue": "c"}]')
      """)
    _ = try await connection.query("SELECT twinmill.enqueue('probe', queue => 'last')")
    var heard: [String] = []
    for await notification in notifications {
      heard.append(notification.payload)
      if notification.payload == "last" { break }
    }
    #expect(heard.sorted() == ["a", "b", "last"])
  }
}
