/// The database objects of one part of the program: the queue, the scheduler, the twins, or a kind of job.
public struct SchemaModule: Sendable {
  /// The part's name, for messages.
  public let name: String
  /// Its numbered steps.
  public let migrations: [Migration]
  /// Its functions, views and triggers.
  public let routines: [Routine]
  /// Tables in the schema of the twin tables that an application may have made before: the steps then add to them.
  let sharedTables: [String]
  /// The faults of its files.
  let faults: [String]

  /// Reads a module from its embedded files. Each file's folder says what it is: `Tables/NNNN_name.up.sql` and `.down.sql`,
  /// `Tables/NNNN_name.setup.up.sql` and `.setup.down.sql`; below `Routines`, `Views` and `Triggers` one routine each.
  /// Other files are none of the schema's business.
  public init(_ name: String, files: [(path: String, text: String)], sharedTables: [String] = []) {
    self.name = name
    self.sharedTables = sharedTables
    var steps: [String: [String: String]] = [:]
    var routines: [Routine] = []
    var faults: [String] = []
    for (path, text) in files {
      let folders = path.split(separator: "/").dropLast()
      if folders.contains("Tables") {
        let parts = path.split(separator: "/").last.map { $0.split(separator: ".").map(String.init) } ?? []
        if parts.last == "sql", let direction = parts.dropLast().last, ["up", "down"].contains(direction) {
          steps[parts.dropLast(2).joined(separator: "."), default: [:]][direction] = text
        } else {
          faults.append("\(path): a step's file is called NNNN_name.up.sql or NNNN_name.down.sql")
        }
      } else if !folders.isEmpty, !Set(folders).isDisjoint(with: ["Routines", "Views", "Triggers"]) {
        do {
          routines.append(try Routine(path: path, text: text))
        } catch {
          faults.append(error.message)
        }
      }
    }
    var migrations: [Migration] = []
    for (step, texts) in steps.sorted(by: { $0.key < $1.key }) {
      let isSetup = step.hasSuffix(".setup")
      let stem = isSetup ? step.dropLast(".setup".count) : step[...]
      guard let number = Int(stem.prefix(4)), stem.dropFirst(4).first == "_", let up = texts["up"],
        let down = texts["down"]
      else {
        faults.append("step \(step): its name begins with four digits, and it has two files, .up.sql and .down.sql")
        continue
      }
      migrations.append(
        Migration(number, String(stem.dropFirst(5)), phase: isSetup ? .setup : .tables, up: up, down: down))
    }
    self.migrations = migrations
    self.routines = routines
    self.faults = faults
  }
}

extension SchemaModule {
  /// The queue's own part, below all others.
  public static let queue = SchemaModule("queue", files: Embedded.files(under: "SQL"))
}

/// The routines of several modules together: a later module's replaces an overridable one of an earlier module.
struct RoutineSet: Sendable {
  /// In the order in which they are created: functions, views after the views that they read, triggers.
  private(set) var routines: [Routine] = []
  /// The contradictions between its modules.
  private(set) var faults: [String] = []

  init(_ modules: [SchemaModule]) {
    var byKey: [String: (routine: Routine, module: String)] = [:]
    for module in modules {
      for routine in module.routines {
        if let earlier = byKey[routine.key] {
          if !earlier.routine.isOverridable {
            faults.append(
              "\(routine.title) stands in module \(earlier.module) and in module \(module.name); "
                + "one that may be replaced says: -- Overridable")
          } else if earlier.routine.parameters != routine.parameters {
            faults.append(
              "\(routine.title) of module \(module.name) has other parameters than the one of module "
                + "\(earlier.module) that it replaces")
          }
        }
        byKey[routine.key] = (routine, module.name)
      }
    }
    let all = byKey.values.map(\.routine).sorted { $0.key < $1.key }
    routines = all.filter { $0.kind == .function } + inOrder(all.filter { $0.kind == .view })
    routines += all.filter { $0.kind == .trigger }
  }

  /// Views after those that they read.
  private mutating func inOrder(_ views: [Routine]) -> [Routine] {
    let mentioned = Dictionary(uniqueKeysWithValues: views.map { ($0.name, $0.mentioned) })
    var waiting = views
    var ordered: [Routine] = []
    while !waiting.isEmpty {
      let ready = waiting.filter { view in
        !waiting.contains { $0.name != view.name && mentioned[view.name]?.contains($0.name) == true }
      }
      guard !ready.isEmpty else {
        faults.append("views read one another in a circle: \(waiting.map(\.name).joined(separator: ", "))")
        return ordered + waiting
      }
      ordered += ready
      waiting.removeAll { view in ready.contains { $0.name == view.name } }
    }
    return ordered
  }
}
