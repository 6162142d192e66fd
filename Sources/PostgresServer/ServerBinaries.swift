import FoundationEssentials
import Glibc
import Postgres

/// Finds the installed server programs.
enum ServerBinaries {
  /// The environment variable that names the folder with `postgres` and `initdb`.
  static let setting = "TWINMILL_SERVER_BINARIES"

  /// The folder with `postgres` and `initdb`: that of the setting, else the newest version of Debian's layout, else the
  /// first in PATH.
  /// - Throws: kind `configuration` if there is none, or if the setting names another kind of folder.
  static func find() throws(PostgresError) -> String {
    if let chosen = getenv(setting).map({ String(cString: $0) }), !chosen.isEmpty {
      guard hasServer(chosen) else {
        throw PrivateServer.failure(
          "\(setting): there is no postgres and initdb in \(chosen)", hint: "name the bin folder of a PostgreSQL server"
        )
      }
      return chosen
    }
    let versions = "/usr/lib/postgresql"
    let numbers: [Int]
    do {
      numbers = try FileManager.default.contentsOfDirectory(atPath: versions).compactMap { Int($0) }
    } catch {
      // No such layout here.
      numbers = []
    }
    let candidates =
      numbers.sorted(by: >).map { "\(versions)/\($0)/bin" }
      + (getenv("PATH").map { String(cString: $0) } ?? "").split(separator: ":").map(String.init)
    for folder in candidates where hasServer(folder) { return folder }
    throw PrivateServer.failure(
      "no PostgreSQL server is installed",
      hint: "install the package postgresql, or put its bin folder into PATH, or into \(setting)")
  }

  private static func hasServer(_ folder: String) -> Bool {
    access("\(folder)/postgres", X_OK) == 0 && access("\(folder)/initdb", X_OK) == 0
  }
}

/// The unprivileged user that a server runs as when we are root.
struct ServerAccount: Sendable {
  let name: String
  let user: uid_t
  let group: gid_t

  /// `postgres`, else `nobody`.
  static func unprivileged() throws(PostgresError) -> ServerAccount {
    for name in ["postgres", "nobody"] {
      var entry = passwd()
      var found: UnsafeMutablePointer<passwd>?
      var buffer = [CChar](repeating: 0, count: 16384)
      if getpwnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil, entry.pw_uid != 0 {
        return ServerAccount(name: name, user: entry.pw_uid, group: entry.pw_gid)
      }
    }
    throw PrivateServer.failure(
      "PostgreSQL does not run as root, and there is no user postgres or nobody", hint: "run this as another user")
  }

  /// The switches of setpriv(1) to become this user.
  var switches: [String] { ["--reuid", String(user), "--regid", String(group), "--clear-groups"] }

  /// Gives a folder to the user, readable by nobody else.
  func own(_ folder: String) throws(PostgresError) {
    guard chown(folder, user, group) == 0, chmod(folder, 0o700) == 0 else {
      throw PrivateServer.failure("cannot give \(folder) to the user \(name): \(String(cString: strerror(errno)))")
    }
  }

  /// Makes sure that the user can get into the folder.
  /// - Throws: kind `configuration` that names the folder and the user.
  func check(_ folder: String) async throws(PostgresError) {
    let result = try await ChildProcess.run(["setpriv"] + switches + ["--", "test", "-w", folder, "-a", "-x", folder])
    guard result.status == 0 else {
      throw PrivateServer.failure(
        "the user \(name), who has to run the server, cannot reach \(folder)",
        hint: "choose a folder below /var/lib or /tmp, or let others pass through its parents (chmod o+x)")
    }
  }
}
