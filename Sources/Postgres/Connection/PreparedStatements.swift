/// The statements that a connection has prepared. Pure: what the server knows is told to it.
struct PreparedStatements {
  /// A statement under its name on the server.
  struct Entry {
    let serverName: String
    let text: String
    var types: [PostgresType]
  }

  /// What to do before a statement can be run.
  enum Lookup {
    case ready(Entry)
    case prepare(Entry)
  }

  private var entries: [String: Entry] = [:]
  /// Names that were given out; none is given twice on a connection.
  var lastSerial = 0

  /// Finds a statement by name, text and parameter types. A NULL without a type fits every type.
  mutating func lookup(name: String, text: String, types: [PostgresType]) -> Lookup {
    var wanted = types
    if let entry = entries[name], entry.text == text, entry.types.count == types.count {
      var fits = true
      for index in types.indices where types[index] != entry.types[index] {
        if types[index] == .unspecified {
          wanted[index] = entry.types[index]
        } else {
          fits = false
        }
      }
      if fits { return .ready(entry) }
    }
    // A serial number keeps texts of the same name apart, and the server cuts names at 63 bytes.
    lastSerial += 1
    let prefix = String(decoding: name.utf8.prefix(48), as: UTF8.self)
    return .prepare(Entry(serverName: "\(prefix)#\(lastSerial)", text: text, types: wanted))
  }

  /// The server has prepared it.
  mutating func confirm(_ entry: Entry, name: String) { entries[name] = entry }

  /// The server does not know it any more, or cannot run it any more.
  /// - Returns: its name on the server.
  mutating func forget(name: String) -> String? { entries.removeValue(forKey: name)?.serverName }
}
