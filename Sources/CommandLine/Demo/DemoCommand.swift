import ArgumentParser
import Files
import Forecasting
import FoundationEssentials
import Glibc
import Postgres
import Queue
import Simulation
import Twins
import Worker

/// `twinmill demo`: everything at once, on a private PostgreSQL, without any setup.
struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo", abstract: "Try it: a private PostgreSQL, simulated twins, worker, scheduler, predictions.",
    discussion: """
      Starts PostgreSQL from the installed server binaries in a folder of its own. Fills it with two years of \
      simulated skincare twins, one sensor, and two twins of each other kind. Starts worker and scheduler, asks for \
      predictions through psql and shows them. Everything keeps running afterwards; twinmill demo --stop ends it. \
      Running the demo again starts anew.
      """)

  @Option(
    name: .customLong("folder"),
    help: ArgumentHelp(
      "Where the demo lives; the server's user must be able to reach it. (default: /var/tmp/twinmill-demo-UID)",
      valueName: "folder"))
  var givenFolder: String?
  private var folder: String { givenFolder ?? Self.defaultFolder }
  @Option(help: "How many skincare twins.") var twins = 20
  @Option(help: "A CSV file (timestamp,value) to import as a sensor twin, instead of a simulated one.")
  var csv: String?
  @Flag(help: "Stop a demo that runs, and keep its folder.") var stop = false

  func validate() throws {
    guard (1...1000).contains(twins) else { throw ValidationError("--twins: 1 to 1000.") }
  }

  func run() async throws {
    let stage = DemoStage(folder: folder)
    if stop, !FileManager.default.fileExists(atPath: folder) { throw CommandFailure("there is no demo in \(folder)") }
    try await stage.stopEverything()
    if stop {
      print("The demo in \(folder) is stopped. Remove it with: rm -r \(folder)")
      return
    }
    let server = try await stage.startServer()
    say("PostgreSQL \(server.version) runs in \(folder)")
    // The demo plays the application, too, whose tables are in `public`.
    let connection = try await Connection.open(
      ConnectionSettings(
        url: server.url, applicationName: "twinmill demo",
        options: .init(sessionSettings: ["search_path": "public, pg_catalog, pg_temp"])))
    do {
      try await show(stage, server, connection)
      await connection.close()
    } catch {
      await connection.close()
      do {
        try await stage.stopEverything()
      } catch let second {
        // The first error is the cause: it is thrown below, this one is only printed.
        StandardError.write("twinmill: \(second)\n")
      }
      throw error
    }
  }

  private func show(_ stage: DemoStage, _ server: DemoStage.Server, _ connection: Connection) async throws {
    let catalog = try Build.current.catalog()
    let applied = try await Build.current.migrate(connection, twinsSchema: "public")
    say("schema: \(applied.migrations.count) migrations applied")

    let skin = try await fillSkincare(catalog, connection)
    say("\(skin.twins) skincare twins, \(skin.scans) scans over two years")
    let sensor = try await importSensor(catalog, connection)
    say("sensor/\(sensor.subject): \(sensor.summary.rows) readings imported from \(sensor.file)")
    let others = try await fillOtherDomains(catalog, connection)

    let checkDaemons = try await stage.startDaemons(server.url)
    say("twinmill worker and twinmill scheduler run (logs: \(folder)/worker.log, scheduler.log)")

    let ask = "SELECT count(twinmill.enqueue('prediction', twin => id)) AS jobs FROM user_digital_twins"
    print("\n$ psql \"\(server.url)\" -c \"\(ask)\"")
    print(try await stage.psql(server.url, ask))
    fflush(nil)
    try await showProgress(connection, jobs: skin.twins + 1 + others, checkDaemons)

    try await showPredictions(connection, sensor: sensor.summary.twin)
    try await showOtherPredictions(connection)
    print(
      """

      Worker, scheduler and server go on. Try:

        export DATABASE_URL="\(server.url)"
        psql "$DATABASE_URL" -c "SELECT * FROM twinmill.freshness LIMIT 5"
        psql "$DATABASE_URL" -c "SELECT * FROM twinmill.enqueue('probe', arguments => '{\\"sleep_ms\\": 200, \\"rows\\": 3}')"
        psql "$DATABASE_URL" -c "SELECT twinmill.wait(max(job_id)) FROM twinmill.all_jobs"

      Stop with: twinmill demo --stop\(folder == Self.defaultFolder ? "" : " --folder \(folder)")
      """)
  }

  /// For how long nothing may move.
  private static let patience = Duration.seconds(180)
  private static let defaultFolder = "/var/tmp/twinmill-demo-\(getuid())"

  func say(_ text: String) {
    print("• \(text)")
    // Also in a log file each step shows as it is done.
    fflush(nil)
  }

  // MARK: - Data

  private func fillSkincare(
    _ catalog: DomainCatalog, _ connection: Connection
  ) async throws -> (twins: Int, scans: Int) {
    guard let domain = catalog["skincare"] else { throw CommandFailure("this build has no domain skincare") }
    try await catalog.createTables(of: domain, on: connection)
    var count = 0
    for person in 1...twins {
      let scans = SimulatedSkin.scans(seed: UInt64(person), until: Date(), days: 730)
      try await connection.transaction { connection in
        let twin: UUID = try await connection.query("SELECT twinmill.twin('skincare', \("user-\(person)"))")[0]
          .decode(UUID.self)
        _ = try await connection.query("DELETE FROM twin_snapshots WHERE twin_id = \(twin)")
        _ = try await connection.query(
          """
          INSERT INTO twin_snapshots (id, twin_id, snapshot_date, skin_metrics, product_usage)
          SELECT gen_random_uuid(), \(twin), s.date, s.metrics::json, s.products::json
          FROM unnest(\(scans.map(\.date))::timestamptz[], \(scans.map(Self.metricsJSON))::text[],
                      \(scans.map(Self.productsJSON))::text[]) AS s(date, metrics, products)
          """)
      }
      count += scans.count
    }
    return (twins, count)
  }

  private static func metricsJSON(_ scan: SimulatedSkin.Scan) -> String {
    "{" + scan.metrics.map { "\(JSON.literal($0.name)):\($0.value)" }.joined(separator: ",") + "}"
  }

  private static func productsJSON(_ scan: SimulatedSkin.Scan) -> String {
    "[" + scan.products.map { JSON.literal($0) }.joined(separator: ",") + "]"
  }

  private func importSensor(
    _ catalog: DomainCatalog, _ connection: Connection
  ) async throws -> (subject: String, file: String, summary: ObservationImport.Summary) {
    guard let domain = catalog["sensor"] else { throw CommandFailure("this build has no domain sensor") }
    let file = csv ?? "\(folder)/pump-7.csv"
    if csv == nil {
      do {
        try SimulatedPump.csv(until: Date()).write(toFile: file, atomically: true, encoding: .utf8)
      } catch {
        throw CommandFailure("cannot write \(file): \(error)")
      }
    }
    let subject = csv == nil ? "pump-7" : URL(filePath: file).deletingPathExtension().lastPathComponent
    let lines = InputLines(try LineReader(path: file))
    let summary = try await ObservationImport(domain: domain, file: file).run(
      subject: subject, catalog: catalog, on: connection, nextLine: { try lines.next() })
    return (subject, file, summary)
  }

  // MARK: - Show

  private func showProgress(
    _ connection: Connection, jobs: Int, _ checkDaemons: () throws -> Void
  ) async throws {
    // Not a limit for the whole: a slow machine takes its time, but something moves.
    var movedAt = ContinuousClock.now
    var last: (open: Int64, running: Int64) = (-1, -1)
    while true {
      let now = try await connection.query(
        """
        SELECT count(*), count(*) FILTER (WHERE state = 'running') FROM twinmill.jobs WHERE kind = 'prediction'
        """
      ).only().decode(Int64.self, Int64.self)
      if now != last { (last, movedAt) = (now, .now) }
      let left = Int(now.0)
      let done = max(0, jobs - left)
      if StandardError.isTerminal || left == 0 {
        let bar = String(repeating: "█", count: done * 30 / jobs) + String(repeating: "░", count: 30 - done * 30 / jobs)
        StandardError.write(
          "\(StandardError.isTerminal ? "\r" : "")  \(bar) \(done) of \(jobs) predicted\(left == 0 ? "\n" : "")")
      }
      if left == 0 { return }
      try checkDaemons()
      guard ContinuousClock.now - movedAt < Self.patience else {
        throw CommandFailure(
          "\(left) predictions are still open, and none has moved for \(Self.patience); see \(folder)/worker.log")
      }
      try await Task.sleep(for: .milliseconds(100))
    }
  }

  private func showPredictions(_ connection: Connection, sensor: UUID) async throws {
    let rows = try await connection.query(
      """
      SELECT to_char(p.prediction_date, 'YYYY-MM-DD'), p.predicted_state::jsonb #>> '{hydration_index,mean}',
             p.predicted_state::jsonb #>> '{hydration_index,lo95}', p.predicted_state::jsonb #>> '{hydration_index,hi95}',
             round(p.confidence_score::numeric, 2)::text, p.metadata::jsonb ->> 'job_id'
      FROM twin_predictions p JOIN user_digital_twins t ON t.id = p.twin_id
      WHERE t.domain = 'skincare' AND t.subject = 'user-1'
      ORDER BY p.created_at DESC, p.prediction_date LIMIT 7
      """)
    var cells: [[String?]] = []
    for row in rows {
      let (date, mean, lower, upper, confidence, job) = try row.decode(
        String.self, String?.self, String?.self, String?.self, String?.self, String?.self)
      cells.append([date, mean.map(Self.short), lower.map(Self.short), upper.map(Self.short), confidence, job])
    }
    print("\nskincare/user-1, hydration_index, the coming week (twin_predictions):\n")
    Table(columns: ["date", "mean", "lo95", "hi95", "confidence", "job"], rows: cells).print(json: false)
    print(
      "\n"
        + (try await sensorChart(connection, twin: sensor))
        .text(width: Terminal.columns, characters: Terminal.isUTF8 ? .unicode : .ascii))
  }

  private func sensorChart(_ connection: Connection, twin: UUID) async throws -> FanChart {
    let past = try await connection.query(
      """
      SELECT value, extract(epoch FROM observed_at)::float8
      FROM (SELECT observed_at, value FROM sensor_observations WHERE twin_id = \(twin)
        ORDER BY observed_at DESC LIMIT 500) AS last ORDER BY observed_at
      """)
    let future = try await connection.query(
      """
      SELECT (s.value ->> 'mean')::float8, (s.value ->> 'lo80')::float8, (s.value ->> 'hi80')::float8,
             (s.value ->> 'lo95')::float8, (s.value ->> 'hi95')::float8,
             extract(epoch FROM p.prediction_date)::float8
      FROM twin_predictions p, LATERAL jsonb_each(p.predicted_state::jsonb) AS s
      WHERE p.twin_id = \(twin)
        AND p.created_at = (SELECT max(created_at) FROM twin_predictions WHERE twin_id = \(twin))
      ORDER BY p.prediction_date
      """)
    var history: [Double] = []
    var seconds: [Double] = []
    for row in past {
      let (value, second) = try row.decode(Double.self, Double.self)
      history.append(value)
      seconds.append(second)
    }
    var mean: [Double] = []
    var bands = [0.8, 0.95].map { ForecastBand(level: $0, lower: [], upper: []) }
    for row in future {
      let (middle, lo80, hi80, lo95, hi95, second) = try row.decode(
        Double.self, Double.self, Double.self, Double.self, Double.self, Double.self)
      mean.append(middle)
      seconds.append(second)
      bands[0].lower.append(lo80)
      bands[0].upper.append(hi80)
      bands[1].lower.append(lo95)
      bands[1].upper.append(hi95)
    }
    let times = seconds
    return FanChart(
      title: "the sensor, observed and predicted", history: history, mean: mean, bands: bands,
      times: ChartTimes { Date(timeIntervalSince1970: times[$0]) })
  }

  private static func short(_ number: String) -> String {
    guard let value = Double(number) else { return number }
    return "\((value * 10).rounded() / 10)"
  }
}
