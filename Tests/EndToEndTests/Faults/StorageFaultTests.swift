import FoundationEssentials
import Glibc
import Postgres
import PostgresServer
import TestServer
import Testing

/// The server's disk is full.
@Suite("Faults of the disk", .enabled(if: ProcessInfo.processInfo.environment["TWINMILL_ALL"] == "1" && geteuid() == 0))
struct StorageFaultTests {
  @Test("F22: the disk is full, until somebody makes room: nothing that was acknowledged is lost, the workers go on")
  func diskFull() async throws {
    let folder = "/tmp/twinmill-tests-disk-\(getpid())"
    mkdir(folder, 0o755)
    let mounted = try await ChildProcess.run(["mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", folder])
    // A container may refuse it to root as well.
    guard mounted.status == 0 else {
      rmdir(folder)
      print("fault 22, disk full: skipped, no file system can be mounted here: \(mounted.err)")
      return
    }
    do {
      try await fillAndFree(folder)
    } catch {
      _ = try await ChildProcess.run(["umount", "-l", folder])
      throw error
    }
    _ = try await ChildProcess.run(["umount", "-l", folder])
    rmdir(folder)
  }

  private func fillAndFree(_ folder: String) async throws {
    let server = try await PrivateServer.start(
      in: "\(folder)/server", durability: .full,
      settings: ["max_wal_size": "64MB", "min_wal_size": "32MB", "shared_buffers": "32MB", "jit": "off"])
    let stage = try await FaultStage(try await Installed.migrated(on: server))
    try await stage.untilEnded(100)
    let ballast = "\(folder)/ballast"
    // Space that is freed is taken again, until a worker or the producer has met the full disk.
    let file = open(ballast, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    let block = [UInt8](repeating: 0, count: 1 << 16)
    while await stage.producer.unanswered < 3 {
      while write(file, block, block.count) == block.count {}
      try await Task.sleep(for: .milliseconds(20))
    }
    close(file)
    unlink(ballast)
    // A server that could not write its log has ended, as PostgreSQL does; its operator starts it again.
    try await server.start()
    let connection = try await stage.database.connect()
    let recovery = try await stage.recovery(on: connection)
    try await stage.judge("22, disk full", recovery: recovery, on: connection)
    await server.stop()
  }
}
