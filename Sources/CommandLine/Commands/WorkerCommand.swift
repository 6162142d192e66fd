import ArgumentParser
import Files
import FoundationEssentials
import Glibc
import Logging
import Postgres
import Queue
import ServiceLifecycle
import Telemetry
import Worker

/// `twinmill worker`
struct WorkerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker", abstract: "Claim and run jobs until stopped.",
    discussion: """
      On SIGTERM, SIGINT or SIGHUP the worker claims no more jobs. Running jobs may end for TWINMILL_DRAIN_SECONDS; \
      the rest goes back to the queue. The exit status is 75 when the lease is lost, and 78 when the configuration \
      cannot work.

      Settings are environment variables: \(Setting.variables(readBy: .worker)).
      """,
    aliases: ["work"])

  @Option(help: "Only these queues, separated by commas.") var queues: String?

  func run() async throws {
    let settings = try await Settings.load()
    let logger = Logger.program("twinmill.worker", level: try settings.logLevel())
    for unknown in settings.unknownKeys { logger.emit(.settingIgnored, [.error: "\(unknown)"]) }
    var workerSettings = try settings.worker()
    if let queues { workerSettings.queues = try Settings.queues(queues, named: "--queues") }
    let kinds = try Build.current.kinds(twinsSchema: settings.twinsSchema, domainSchemas: try settings.domainSchemas())
    let worker = try Worker(
      settings: workerSettings, connections: try settings.connections("worker"),
      listenConnections: settings.listenConnections("worker"),
      kinds: kinds,
      migrator: Build.current.migrator(
        of: kinds, twinsSchema: settings.twinsSchema, inputs: try settings.catalog().inputs),
      supervisor: SystemdNotifier(), failpoints: try Failpoints.asTold(), logger: logger,
      giveUp: { _exit(ExitStatus.startAgain.rawValue) })
    try await ServiceGroup.run(worker, logger: logger)
  }
}

extension ServiceGroup {
  /// Runs one service until it ends or a signal asks for a graceful stop. A log that nobody reads any more (a pipe to
  /// `tee` that ended) ends nothing, and a terminal that is closed ends in order.
  /// - Throws: what the service throws.
  static func run(_ service: any Service, logger: Logger) async throws {
    signal(SIGPIPE, SIG_IGN)
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .notice)
    try await ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)],
        gracefulShutdownSignals: [.sigterm, .sigint] + (isIgnored(SIGHUP) ? [] : [.sighup]), logger: quiet)
    ).run()
  }

  /// As `nohup` has it.
  private static func isIgnored(_ number: Int32) -> Bool {
    var present = sigaction()
    guard sigaction(number, nil, &present) == 0 else { return false }
    return unsafeBitCast(present.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}
