/// The statements that a connection has prepared. Pure: what the server knows is told to it.
struct PreparedStatements {
  /// A statement under its name on the server.
  struct Entry {
    let serverName: String
    let text: String
    var types: [PostgresType]
  }

  private var entries: [String: Entry] = [:]
  /// Names that were given out; none is given twice on a connection.
  var lastSerial = 0

  /// Finds a statement by name, text and parameter types. A NULL without a type fits every type.
  func find(name: String, text: String, types: [PostgresType]) -> Entry? {
    guard let entry = entries[name], entry.text == text, entry.types.count == types.count,
      zip(types, entry.types).allSatisfy({ $0 == $1 || $0 == .unspecified })
    else { return nil }
    return entry
  }

  /// Makes up an entry for a statement that is to be prepared. A NULL without a type keeps the type known before.
  mutating func plan(name: String, text: String, types: [PostgresType]) -> Entry {
    var types = types
    if let known = entries[name], known.text == text, known.types.count == types.count {
      for index in types.indices where types[index] == .unspecified { types[index] = known.types[index] }
    }
    // A serial number keeps texts of the same name apart, and the server cuts names at 63 bytes.
    lastSerial += 1
    let prefix = String(decoding: name.utf8.prefix(48), as: UTF8.self)
    return Entry(serverName: "\(prefix)#\(lastSerial)", text: text, types: types)
  }

  /// The server has prepared it.
  mutating func confirm(_ entry: Entry, name: String) { entries[name] = entry }

  /// The server does not know it any more, or cannot run it any more.
  /// - Returns: its name on the server.
  mutating func forget(name: String) -> String? { entries.removeValue(forKey: name)?.serverName }
}
