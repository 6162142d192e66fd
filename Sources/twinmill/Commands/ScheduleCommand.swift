import ArgumentParser
import Logging
import Scheduler
import ServiceLifecycle
import Worker

/// `twinmill schedule`
struct ScheduleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schedule", abstract: "Enqueue what the schedules ask for, until stopped.",
    discussion: "Any number of schedulers may run: a tick is enqueued once. Schedules: twinmill schedules.")

  func run() async throws {
    let settings = try await Settings.load()
    let logger = Logger.program("twinmill.schedule", level: try settings.logLevel())
    let systemd = SystemdNotifier()
    let scheduler = SchedulerService(
      connections: try settings.connections("scheduler"),
      migrator: Program.migrator(twinsSchema: settings.twinsSchema), logger: logger,
      poll: try settings.schedulerPoll(), ready: { systemd.ready("ticking") }, advanced: { systemd.alive() })
    try await ServiceGroup.run(scheduler, logger: logger)
  }
}
