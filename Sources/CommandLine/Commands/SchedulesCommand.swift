import ArgumentParser
import Files
import FoundationEssentials
import FoundationInternationalization
import Postgres
import ReadModels
import Scheduler

// Named zones come with ICU, which FoundationEssentials leaves out.

/// `twinmill schedules`: what is enqueued when.
struct SchedulesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schedules",
    abstract: "List, preview and edit schedules.",
    discussion: """
      The same from psql: SELECT * FROM twinmill.schedules; SELECT twinmill.schedule(name, cron, kind, …); \
      twinmill.unschedule(name), enable_schedule(name), disable_schedule(name), run_schedule(name).
      """,
    subcommands: [List.self, Preview.self, Add.self, Remove.self, Enable.self, Disable.self, Run.self],
    defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List schedules with their next and last tick.")

    @OptionGroup var global: GlobalOptions

    func run() async throws {
      let entries = try await global.withConnection { try await ScheduleSummary.list(on: $0) }
      guard global.json || !entries.isEmpty else {
        return print("No schedules. Make one: twinmill schedules add NAME --cron \"0 6 * * *\" --kind KIND")
      }
      show(entries, json: global.json)
    }
  }

  struct Preview: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print the next planned instants in local time and UTC.",
      discussion: """
        A clock change may skip a planned time of day: it then runs at the first valid instant. A time of day that \
        comes twice runs once. An expression for every hour (hour field *) keeps its rhythm through both.
        """)

    @Argument(help: "A schedule in the database.")
    var name: String?
    @Option(help: "A cron expression instead; needs no database.")
    var cron: String?
    @Option(
      name: [.customLong("time-zone"), .customLong("zone")], help: "The zone of --cron (IANA name, default UTC).")
    var zone: String?
    @Option(help: "How many instants, 1-10000.")
    var count = 10
    @Option(help: "Instants after this time, as in 2026-03-28T00:00:00Z (default: now).")
    var from: String?
    @OptionGroup var global: GlobalOptions

    func validate() throws {
      guard (name == nil) != (cron == nil) else {
        throw ValidationError("Name a schedule, or give --cron \"…\" (and --time-zone).")
      }
      guard name == nil || zone == nil else { throw ValidationError("--time-zone goes with --cron.") }
      guard (1...10_000).contains(count) else { throw ValidationError("--count must be 1-10000, not \(count).") }
      _ = try start()
    }

    func run() async throws {
      var cronText = cron ?? ""
      var zoneName = zone ?? "UTC"
      var after = try start()
      if let name {
        (cronText, zoneName, after) = try await global.withConnection { connection in
          guard let entry = try await ScheduleSummary.list(name: name, on: connection).first else {
            throw CommandFailure("no schedule \"\(name)\"; list them with: twinmill schedules")
          }
          let now: Date = try await connection.query("SELECT now() AS now").only().get("now")
          return (entry.cron, entry.timeZone, after ?? now)
        }
      }
      let expression: CronExpression
      do {
        expression = try CronExpression(cronText)
      } catch {
        throw CommandFailure(error.description)
      }
      guard let timeZone = TimeZone(identifier: zoneName) else {
        throw CommandFailure("unknown time zone \"\(zoneName)\"; use an IANA name such as Europe/Berlin")
      }
      let occurrences = expression.occurrences(count, after: after ?? Date(), in: timeZone)
      if global.json {
        return Table(
          columns: ["local", "utc", "shift"],
          rows: occurrences.map { [$0.local, text($0.instant), $0.shift.rawValue] }
        ).print(json: true)
      }
      print("\(expression)  \(zoneName)")
      Table(columns: ["local", "utc", "note"], rows: occurrences.map { [$0.local, text($0.instant), note($0.shift)] })
        .print(json: false)
    }

    private func start() throws -> Date? {
      guard let from else { return nil }
      do {
        return try Date(from, strategy: .iso8601)
      } catch {
        throw ValidationError("--from \"\(from)\" is not a time such as 2026-03-28T00:00:00Z.")
      }
    }

    private func note(_ shift: Occurrence.Shift) -> String {
      switch shift {
      case .none: ""
      case .gap: "the clock skips the planned time: first valid instant"
      case .fold: "the clock shows this time twice: first"
      case .repeated: "the clock shows this time twice: second"
      }
    }
  }

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Make a schedule, or replace the one of that name.")

    @Argument(help: "1 to 100 letters, digits, dots, dashes or underscores.")
    var name: String
    @Option(help: "Minute, hour, day of month, month, day of week; or @daily and the like.")
    var cron: String
    @Option(help: "The kind of job.")
    var kind: String
    @Option(help: "The job's arguments, a JSON object.")
    var arguments = "{}"
    @Option(help: "IANA name of the zone whose clock the expression reads.")
    var zone = "UTC"
    @Option(help: "The twin that the job is about: its id, or DOMAIN/SUBJECT.")
    var twin: String?
    @Option(help: "The job's queue (default: the kind's).")
    var queue: String?
    @Option(help: "The job's priority; lower runs first.")
    var priority = 0
    @Option(help: "While a job of it is unfinished: skip, queue_one or allow.")
    var overlap = "skip"
    @Option(help: "Missed instants: skip, latest or all.")
    var catchUp = "latest"
    @Option(help: "How many missed instants --catch-up all runs.")
    var catchUpLimit = 10
    @Option(help: "Delay each job by up to this many seconds.")
    var jitterSeconds = 0.0
    @Flag(help: "Do not run it yet.")
    var disabled = false
    @OptionGroup var global: GlobalOptions

    func run() async throws {
      var entry = ScheduleEntry(name: name, cron: cron, kind: kind)
      entry.arguments = arguments
      entry.timeZone = zone
      entry.queue = queue
      entry.priority = priority
      entry.overlap = overlap
      entry.catchUp = catchUp
      entry.catchUpLimit = catchUpLimit
      entry.jitterSeconds = jitterSeconds
      entry.isEnabled = !disabled
      let plan = entry
      let stored = try await global.withConnection { connection in
        var wanted = plan
        if let twin { wanted.twinID = try await TwinReference.resolve(twin, on: connection) }
        try await wanted.put(on: connection)
        return try await ScheduleSummary.list(name: plan.name, on: connection)
      }
      show(stored, json: global.json)
    }
  }

  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Remove a schedule; jobs that it has enqueued and the record of its ticks stay.")

    @Argument(help: "The schedule's name.") var name: String
    @OptionGroup var global: GlobalOptions

    func run() async throws {
      try await global.withConnection { try await ScheduleEntry.remove(name, on: $0) }
      report("removed", name, global)
    }
  }

  struct Enable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Let a schedule run from now on; what was planned while it was disabled is not made up for.")

    @Argument(help: "The schedule's name.") var name: String
    @OptionGroup var global: GlobalOptions

    func run() async throws {
      try await global.withConnection { try await ScheduleEntry.setEnabled(true, name, on: $0) }
      report("enabled", name, global)
    }
  }

  struct Disable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Stop a schedule until it is enabled; jobs that it has enqueued run on.")

    @Argument(help: "The schedule's name.") var name: String
    @OptionGroup var global: GlobalOptions

    func run() async throws {
      try await global.withConnection { try await ScheduleEntry.setEnabled(false, name, on: $0) }
      report("disabled", name, global)
    }
  }

  struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Enqueue a schedule's job now, besides its plan.")

    @Argument(help: "The schedule's name.") var name: String
    @OptionGroup var global: GlobalOptions

    func run() async throws {
      let id = try await global.withConnection { try await ScheduleEntry.run(name, on: $0) }
      Table(columns: ["job_id"], rows: [["\(id)"]], rawColumns: ["job_id"]).print(json: global.json)
    }
  }
}

private func text(_ date: Date) -> String {
  date.formatted(.iso8601)
}

/// Prints which change was made to which schedule.
private func report(_ done: String, _ name: String, _ global: GlobalOptions) {
  if global.json {
    Table(columns: [done], rows: [[name]]).print(json: true)
  } else {
    print("\(done) \(name)")
  }
}

/// Schedules for people (what matters) or for programs (everything).
private func show(_ entries: [ScheduleSummary], json: Bool) {
  guard json else {
    return Table(
      columns: ["name", "cron", "time_zone", "kind", "enabled", "next_at", "last_planned_at", "outcome", "last_error"],
      rows: entries.map { entry in
        [
          entry.name, entry.cron, entry.timeZone, entry.kind, entry.isEnabled ? "yes" : "no",
          entry.nextAt.map(text), entry.lastPlannedAt.map(text), entry.lastOutcome, entry.lastError,
        ]
      }
    ).print(json: false)
  }
  Table(
    columns: [
      "name", "cron", "time_zone", "kind", "arguments", "twin_id", "queue", "priority", "overlap", "catch_up",
      "catch_up_limit", "jitter_seconds", "enabled", "planned_until", "next_at", "last_error", "last_planned_at",
      "last_outcome", "last_job_id",
    ],
    rows: entries.map { entry in
      [
        entry.name, entry.cron, entry.timeZone, entry.kind, entry.arguments, entry.twinID?.uuidString.lowercased(),
        entry.queue, "\(entry.priority)", entry.overlap, entry.catchUp, "\(entry.catchUpLimit)",
        "\(entry.jitterSeconds)", "\(entry.isEnabled)", entry.plannedUntil.map(text), entry.nextAt.map(text),
        entry.lastError, entry.lastPlannedAt.map(text), entry.lastOutcome, entry.lastJobID.map { "\($0)" },
      ]
    },
    rawColumns: ["arguments", "priority", "catch_up_limit", "jitter_seconds", "enabled", "last_job_id"]
  ).print(json: true)
}
