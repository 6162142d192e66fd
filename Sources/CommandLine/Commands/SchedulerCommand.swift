import ArgumentParser
import Logging
import Scheduler
import ServiceLifecycle
import Telemetry

/// `twinmill scheduler`
struct SchedulerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scheduler", abstract: "Enqueue what the schedules ask for, until stopped.",
    discussion: """
      On SIGTERM, SIGINT or SIGHUP the scheduler ends after the tick under way, or at once if the server does not \
      answer. Any number of schedulers may run: a tick is enqueued once. twinmill schedules lists and edits the \
      schedules.

      Settings are environment variables: \(Setting.variables(readBy: .scheduler)).
      """,
    aliases: ["schedule"])

  func run() async throws {
    let settings = try await Settings.load()
    let logger = Logger.program("twinmill.scheduler", level: try settings.logLevel())
    for unknown in settings.unknownKeys { logger.emit(.settingIgnored, [.error: "\(unknown)"]) }
    let systemd = SystemdNotifier()
    let scheduler = SchedulerService(
      connections: try settings.connections("scheduler"),
      migrator: try Build.current.migrator(twinsSchema: settings.twinsSchema), logger: logger,
      poll: try settings.schedulerPoll(), ready: { systemd.ready("ticking") }, advanced: { systemd.alive() })
    try await ServiceGroup.run(scheduler, logger: logger)
  }
}
