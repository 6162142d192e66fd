import ArgumentParser
import Logging
import Scheduler
import ServiceLifecycle

/// `twinmill schedule`
struct ScheduleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schedule", abstract: "Enqueue what the schedules ask for, until stopped.",
    discussion: "Any number of schedulers may run: a tick is enqueued once. Schedules: twinmill schedules.")

  func run() async throws {
    let settings = try await Settings.load()
    let logger = Logger.program("twinmill.schedule", level: try settings.logLevel())
    let scheduler = SchedulerService(
      connections: try settings.connections("scheduler"),
      migrator: Program.migrator(twinsSchema: settings.twinsSchema), logger: logger)
    try await ServiceGroup.run(scheduler, logger: logger)
  }
}
