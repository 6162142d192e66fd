import Domains
import FoundationEssentials
import Postgres
import TestServer
import Testing
import Twins

@Suite("Tasks: local days of tasks and conversations", .dropsDatabases)
struct TasksTests {
  /// A user of this zone with these tasks: opened, completed at, due at (NULL or quoted).
  private func user(zone: String = "UTC", tasks: [String]) async throws -> DomainDatabase {
    let test = try await DomainDatabase.create()
    _ = try await test.connection.query("INSERT INTO tasks.users (user_id, time_zone) VALUES ('ann', \(zone))")
    for task in tasks {
      try await test.connection.script(
        """
        INSERT INTO tasks.tasks (user_id, title, completed, created_at, completed_at, due_at)
        SELECT 'ann', 't', done IS NOT NULL, opened, done, due
        FROM (VALUES (\(task))) AS v (o, d, u)
        CROSS JOIN LATERAL (SELECT o::timestamptz, d::timestamptz, u::timestamptz) AS t (opened, done, due)
        """)
    }
    return test
  }

  @Test("opened, completed, left open and overdue are counted at the end of each day")
  func counts() async throws {
    let test = try await user(tasks: [
      "'2024-01-01 10:00 UTC', '2024-01-01 20:00 UTC', NULL",
      "'2024-01-01 10:00 UTC', '2024-01-04 10:00 UTC', '2024-01-02 18:00 UTC'",
      "'2024-01-02 09:00 UTC', NULL, '2024-01-03 18:00 UTC'",
    ])
    let history = try await test.history("tasks", "ann", until: "2024-01-06")
    #expect(history.days("tasks_opened") == ["01-01 2.0", "01-02 1.0", "01-03 0.0", "01-04 0.0", "01-05 0.0"])
    #expect(history.values("tasks_completed") == [1, 0, 0, 1, 0])
    #expect(history.values("tasks_open") == [1, 2, 2, 1, 1])
    #expect(history.values("tasks_overdue") == [0, 1, 2, 1, 1])
    #expect(history.days("completion_hours") == ["01-01 10.0", "01-04 72.0"])
    #expect(history.values("messages") == [0, 0, 0, 0, 0] && history.values("conversation_length").isEmpty)
  }

  @Test(
    "the median is of the day's completions; what was completed before it began is skipped; due before it began too")
  func oddTasks() async throws {
    let test = try await user(
      zone: "Pacific/Kiritimati",
      tasks: [
        // 10:00 UTC is midnight of the next day there.
        "'2024-01-01 10:00 UTC', '2024-01-01 11:00 UTC', NULL", "'2024-01-01 10:00 UTC', '2024-01-01 13:00 UTC', NULL",
        "'2024-01-01 10:00 UTC', '2024-01-01 17:00 UTC', NULL", "'2024-01-01 12:00 UTC', '2024-01-01 11:00 UTC', NULL",
        "'2024-01-03 09:59 UTC', NULL, '2023-01-01 UTC'", "'-infinity', '2024-01-01 UTC', NULL",
        "'2024-01-03 09:59 UTC', 'infinity', NULL",
      ])
    let history = try await test.history("tasks", "ann", until: "2024-01-05")
    #expect(history.days("completion_hours") == ["01-02 3.0"] && history.skipped("completion_hours") == 1)
    #expect(history.days("tasks_opened") == ["01-02 4.0", "01-03 1.0", "01-04 0.0"])
    #expect(history.values("tasks_overdue") == [0, 1, 1] && history.values("tasks_open") == [0, 1, 1])
  }

  @Test("messages are the user's, conversations count on the day they begin, with all their messages")
  func conversations() async throws {
    let test = try await user(tasks: [])
    try await test.connection.script(
      """
      INSERT INTO tasks.messages (user_id, conversation_id, role, content, created_at) VALUES
        ('ann', 1, 'user', 'a', '2024-01-01 08:00 UTC'), ('ann', 1, 'assistant', 'b', '2024-01-01 08:01 UTC'),
        ('ann', 1, 'user', 'c', '2024-01-02 09:30 UTC'), ('ann', 2, 'user', 'd', '2024-01-01 10:00 UTC'),
        ('ann', 3, 'system', 'e', '2024-01-03 06:00 UTC'), ('bob', 4, 'user', 'f', '2024-01-01 06:00 UTC'),
        ('ann', 5, 'user', 'g', 'infinity')
      """)
    let history = try await test.history("tasks", "ann", until: "2024-01-05")
    #expect(history.values("messages") == [2, 1, 0, 0])
    #expect(history.days("conversation_length") == ["01-01 2.0", "01-03 1.0"])
    #expect(history.days("active_hour") == ["01-01 8.0", "01-02 9.5"])
    // No task has a day that it is due: nothing is known of being overdue.
    #expect(history.values("tasks_overdue").isEmpty && history.values("tasks_open") == [0, 0, 0, 0])
  }

  @Test("columns that the application lacks, or keeps as text, are read as far as they go")
  func otherTables() async throws {
    let test = try await DomainDatabase.create(domainSchemas: ["tasks": "todo"])
    let connection = test.connection
    try await connection.script(
      """
      CREATE SCHEMA todo;
      CREATE TYPE todo.speaker AS ENUM ('user', 'assistant');
      CREATE TABLE todo.users (user_id text PRIMARY KEY);
      CREATE TABLE todo.tasks (id serial PRIMARY KEY, user_id text, completed bool, created_at timestamptz,
        updated_at timestamptz);
      CREATE TABLE todo.messages (id serial PRIMARY KEY, user_id text, conversation_id uuid, role todo.speaker,
        created_at timestamptz);
      INSERT INTO todo.users VALUES ('ann');
      INSERT INTO todo.tasks (user_id, completed, created_at, updated_at) VALUES
        ('ann', true, '2024-01-01 08:00 UTC', '2024-01-01 10:00 UTC'), ('ann', NULL, '2024-01-01 UTC', now()),
        ('ann', true, '2024-01-02 UTC', NULL), (NULL, true, now(), now());
      INSERT INTO todo.messages (user_id, role, created_at) VALUES ('ann', 'user', '2024-01-02 UTC'), ('ann', NULL, NULL)
      """)
    let domain = try #require(test.catalog["tasks"])
    try await test.catalog.createTables(of: domain, on: connection)
    #expect(try await test.catalog.registerTwins(of: domain, on: connection) == 1)
    var history = try await test.history("tasks", "ann", until: "2024-01-03")
    #expect(history.values("tasks_opened") == [2, 1] && history.values("tasks_completed") == [1, 0])
    #expect(history.values("completion_hours") == [2] && history.values("messages") == [0, 1])
    #expect(history.values("tasks_overdue").isEmpty && history.values("conversation_length").isEmpty)

    try await connection.script(
      """
      ALTER TABLE todo.tasks ADD COLUMN due_date text, ADD COLUMN completed_at text;
      INSERT INTO todo.tasks (user_id, created_at, due_date) VALUES ('ann', '2024-01-01 UTC', '2024-01-01'),
        ('ann', '2024-01-01 UTC', '2024-02-31'), ('ann', '2024-01-01 UTC', 'tomorrow'), ('ann', '2024-01-01 UTC', ''),
        ('ann', '2024-01-01 UTC', '2024-01-02T23:00:00-05:00'), ('ann', '2024-01-01 UTC', '2024-99-01T00:00:00Z');
      UPDATE todo.tasks SET completed_at = '2024-01-01T09:30:00Z' WHERE completed AND updated_at IS NOT NULL;
      UPDATE todo.tasks SET completed_at = 'now' WHERE completed AND updated_at IS NULL
      """)
    history = try await test.history("tasks", "ann", until: "2024-01-04")
    #expect(history.values("tasks_overdue") == [1, 1, 2] && history.values("completion_hours") == [1.5])
  }

  @Test("the assistant's use begins, pauses for two weeks or more, and begins again; completed tasks are milestones")
  func events() async throws {
    let test = try await user(zone: "Asia/Kathmandu", tasks: [])
    try await test.connection.script(
      """
      INSERT INTO tasks.messages (user_id, conversation_id, role, content, created_at)
      SELECT 'ann', 1, r, '', '2024-01-01 UTC'::timestamptz + d * interval '1 day'
      FROM unnest('{0, 13, 26, 41}'::int[]) AS d, unnest('{user,assistant}'::text[]) AS r;
      INSERT INTO tasks.messages (user_id, conversation_id, role, content, created_at)
      VALUES ('ann', 1, 'assistant', '', '2024-02-01 UTC');
      INSERT INTO tasks.tasks (user_id, title, completed, created_at, completed_at)
      SELECT 'ann', 't', n <> 5, '2024-01-01 UTC', '2024-01-01 UTC'::timestamptz + n * interval '1 hour'
      FROM generate_series(1, 12) n
      """)
    let history = try await test.history("tasks", "ann")
    #expect(
      history.eventLines == [
        "01-01 05:45 assistant_started assistant", "01-01 16:45 milestone 10 tasks completed",
        "01-27 05:45 assistant_stopped assistant", "02-11 05:45 assistant_started assistant",
        "02-11 05:45 assistant_stopped assistant",
      ])
  }

  @Test("a user is marked by tasks and messages, and has a twin from the first row on")
  func marks() async throws {
    let test = try await user(tasks: [])
    #expect(try await test.marks() == ["register_subjects 1"])
    try await test.connection.script("INSERT INTO tasks.tasks (user_id, title) VALUES ('ann', 't'), ('bob', 't')")
    #expect(try await test.marks() == ["tasks 1"])
    try await test.connection.script("UPDATE tasks.tasks SET completed = true")
    #expect(try await test.marks() == ["tasks 1"])
    try await test.connection.script(
      "INSERT INTO tasks.messages (user_id, conversation_id, role, content) VALUES ('ann', 1, 'user', 'x')")
    #expect(try await test.marks() == ["messages 1"])
  }
}
