import ArgumentParser
import Files
import FoundationEssentials
import Postgres
import Twins

/// `twinmill import`
struct ImportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Store the observations of a CSV file as a twin's history.",
    discussion: """
      The file needs a header. It may be gzip'd; - is standard input. Instants are ISO 8601, with or without an \
      offset, or seconds since 1970. Either the whole file is stored or nothing. Importing it again changes nothing. \
      If several rows have the same instant, the last one counts.
      """)

  @OptionGroup var global: GlobalOptions
  @Argument(help: "The CSV file, for example with the header timestamp,value.", completion: .file()) var file: String
  @Option(help: "The twin's subject, such as a machine's name; the twin is created when it is new.")
  var twin: String
  @Option(help: "The twin's domain.") var domain = "sensor"
  @Option(help: "Name of the metric, one for each value column (default: the columns' names).") var metric: [String] =
    []
  @Option(help: "Column with the instants (default: timestamp, time, date …, else the first).")
  var timestampColumn: String?
  @Option(help: "Column with values; may be repeated (default: all others).") var valueColumn: [String] = []
  @Option(help: "IANA zone of instants without an offset.") var timeZone = "UTC"

  func run() async throws {
    let catalog = try await Settings.load().catalog()
    guard let domain = catalog[domain] else {
      throw CommandFailure(
        "--domain \(domain): unknown; known: \(catalog.domains.map(\.name).joined(separator: ", "))")
    }
    let lines = InputLines(try LineReader(path: file))
    let importer = try ObservationImport(
      domain: domain, file: file,
      options: .init(timestampColumn: timestampColumn, valueColumns: valueColumn, metrics: metric), timeZone: timeZone)
    let subject = TwinReference.subject(twin, in: domain.name)
    let summary = try await global.withConnection { connection in
      try await importer.run(subject: subject, catalog: catalog, on: connection) { try lines.next() }
    }
    report(summary, subject: subject)
  }

  private func report(_ summary: ObservationImport.Summary, subject: String) {
    let id = summary.twin.uuidString.lowercased()
    if global.json {
      let metrics = summary.metrics.map(JSON.literal).joined(separator: ",")
      print(
        "{\"twin_id\":\"\(id)\",\"metrics\":[\(metrics)],\"rows\":\(summary.rows),\"stored\":\(summary.stored),"
          + "\"inserted\":\(summary.inserted),\"changed\":\(summary.changed),\"unchanged\":\(summary.unchanged),"
          + "\"repeated\":\(summary.repeated),\"missing\":\(summary.missing)}")
      return
    }
    print("\(file): \(summary.rows) rows read")
    print(
      "stored \(summary.stored) (\(summary.inserted) new, \(summary.changed) changed), unchanged \(summary.unchanged)")
    if summary.repeated > 0 {
      print("\(summary.repeated) values stood on a repeated timestamp: the last one of each was taken")
    }
    if summary.missing > 0 { print("\(summary.missing) fields were empty: missing, not zero") }
    if let range = summary.range {
      print("from \(range.lowerBound.formatted(.iso8601)) to \(range.upperBound.formatted(.iso8601))")
    }
    print("twin \(id) (\(domain)/\(subject)), metrics: \(summary.metrics.joined(separator: ", "))")
  }
}
