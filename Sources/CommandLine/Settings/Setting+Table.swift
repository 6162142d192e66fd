import Logging
import Worker

extension Setting {
  /// Every setting, in the order of the manual.
  static let all: [Setting] = [
    databaseURL, listenURL, preparedStatements, twinsSchema, domainSchemas, queues, batchLimit, concurrency,
    computeThreads, leaseSeconds, heartbeatSeconds, pollSeconds, drainSeconds, retentionDays, logLevel, config,
  ]

  private static let worker = WorkerSettings()

  // MARK: - The database

  static let databaseURL = Setting(
    key: "database.url", value: .text,
    standard: .absent("libpq's defaults"),
    readers: .all,
    meaning: """
      The database. Unset: the systemd credential `database-url`, if there is one; else libpq's defaults, which on a \
      local server with peer authentication mean the socket, the user `twinmill` and the database `twinmill`. libpq's own \
      variables (`PGHOST`, `PGSERVICE`, `PGSSLMODE` …) work too. Several hosts are for failover: \
      `postgresql://twinmill@db1,db2/twinmill?target_session_attrs=read-write`. Keep a URL with a password out of the \
      environment file: put it into `/etc/credstore/twinmill.database-url`.
      """,
    example: "postgresql:///twinmill")

  static let listenURL = Setting(
    key: "twinmill.listen_url", value: .text, standard: .absent("as `DATABASE_URL`"), readers: .worker,
    meaning: """
      A direct URL for notifications and the heartbeat, where `DATABASE_URL` goes through a pooling proxy. Such a proxy \
      loses notifications and session locks: a new job then waits for the next poll, and the jobs of a killed worker \
      wait for the end of its lease. `none`: the worker does not listen at all.
      """,
    allowed: "a URL, or `none`")

  static let preparedStatements = Setting(
    key: "twinmill.prepared_statements", value: .flag, standard: .absent("found out by each connection"),
    readers: .all,
    meaning: """
      Whether statements are prepared once per connection. Unset: they are, unless a proxy pools connections in \
      between. `false`: never; the server plans each statement anew. `true`: also through a proxy, which fails with \
      PgBouncer in transaction mode before 1.21.
      """)

  static let twinsSchema = Setting(
    key: "twinmill.twins_schema", value: .text, standard: .value("public"), readers: .all,
    meaning: """
      Schema of the eight twin tables. Set it before the first `twinmill migrate up`: the tables do not move afterwards.
      """)

  static let domainSchemas = Setting(
    key: "twinmill.domain_schemas", value: .pairs, standard: .absent("as `twinmill domains` shows"),
    readers: [.worker, .commands],
    meaning: """
      Schemas of the tables that kinds of twin read, where they are not the ones that `twinmill domains` shows: \
      `goals=public,tasks=todo`. Set the same for the worker and for `twinmill domains prepare`.
      """)

  // MARK: - The worker

  static let queues = Setting(
    key: "twinmill.queues", value: .names, standard: .absent("all queues"), readers: .worker,
    meaning: "Queues that this worker serves. A queue that no worker names waits for ever.")

  static let batchLimit = Setting(
    key: "twinmill.batch_limit", value: .count, standard: .value("\(worker.batchLimit)"), readers: .worker,
    meaning: "Most jobs of one claim, all of one kind. A kind may set a lower limit of its own.",
    tooLow: "round trips to the database dominate.",
    tooHigh: "a crash takes more jobs with it, and workers share the work less evenly.",
    allowed: "1 to 10000")

  static let concurrency = Setting(
    key: "twinmill.concurrency", value: .count, standard: .value("\(worker.concurrency)"), readers: .worker,
    meaning: "Batches in flight at once; each takes a connection.",
    tooLow: "the processors wait for the database.", tooHigh: "memory and connections are spent for nothing.",
    allowed: "1 to 64")

  static let computeThreads = Setting(
    key: "twinmill.compute_threads", value: .count, standard: .value("\(worker.computeThreads)"), readers: .worker,
    meaning: "Threads that compute; 0 means one per processor.",
    tooLow: "processors stay idle.", tooHigh: "more threads than processors gain nothing.", allowed: "0 to 1024")

  static let leaseSeconds = Setting(
    key: "twinmill.lease_seconds", value: .seconds, standard: .value(text(worker.lease)), readers: .worker,
    meaning: "How long a worker that cannot be reached keeps its jobs.",
    tooLow: "a slow network looks like a dead worker, and work is done twice (its results are stored once).",
    tooHigh: "the jobs of a lost host wait that long.",
    allowed: "at least three times `TWINMILL_HEARTBEAT_SECONDS`")

  static let heartbeatSeconds = Setting(
    key: "twinmill.heartbeat_seconds", value: .seconds, standard: .value(text(worker.heartbeat)), readers: .worker,
    meaning: "How often a worker proves that it lives. A dead process is noticed after three missed heartbeats.",
    tooLow: "idle load on the database.", tooHigh: "the jobs of a dead process wait longer.",
    allowed: "at least 0.01, and at most a third of `TWINMILL_LEASE_SECONDS`")

  static let pollSeconds = Setting(
    key: "twinmill.poll_seconds", value: .seconds, standard: .value(text(worker.poll)), readers: [.worker, .scheduler],
    meaning: "How often worker and scheduler look for work without a notification.",
    tooLow: "idle load on the database.", tooHigh: "a lost notification delays a job that long.",
    allowed: "at least 0.001")

  static let drainSeconds = Setting(
    key: "twinmill.drain_seconds", value: .seconds, standard: .value(text(worker.drainLimit)), readers: .worker,
    meaning: """
      How long running jobs may finish after SIGTERM. Jobs that are still running then go back to the queue without \
      losing an attempt. Keep it below `TimeoutStopSec` of `twinmill-worker.service`, which is 90.
      """,
    tooLow: "long jobs start again elsewhere.", tooHigh: "systemd kills the worker before it has requeued its jobs.",
    allowed: "0 or more")

  static let retentionDays = Setting(
    key: "twinmill.retention_days", value: .days, standard: .value(text(worker.retention / 86_400)), readers: .worker,
    meaning: "How long finished jobs stay in `twinmill.job_history`.",
    tooLow: "jobs that ended are not there when someone asks.", tooHigh: "the history takes more disk.",
    allowed: "at least 1")

  // MARK: - All programs

  static let logLevel = Setting(
    key: "twinmill.log_level", value: .choice(Logger.Level.allCases.map(\.rawValue)),
    standard: .value(Logger.Level.info.rawValue), readers: [.worker, .scheduler],
    meaning: "Least serious log events that are written. Logs are JSON lines on standard error.")

  static let config = Setting(
    key: "twinmill.config", value: .text, standard: .absent("no file"), readers: .all,
    meaning: """
      A YAML file with the same settings. The environment's value wins over the file's. A file that is missing stops \
      the start.
      """,
    example: "/etc/twinmill/twinmill.yaml", isInFile: false)

  /// Seconds without a needless fraction.
  private static func text(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    return attoseconds == 0 ? "\(seconds)" : "\(Double(seconds) + Double(attoseconds) / 1e18)"
  }
}
