/// An object whose names come from data, such as those of metrics, in the order of writing.
package struct NamedValues<Value> {
  /// Name and value of each member.
  package var entries: [(name: String, value: Value)]

  package init(_ entries: [(name: String, value: Value)] = []) { self.entries = entries }

  package var isEmpty: Bool { entries.isEmpty }

  /// The value of this name.
  package subscript(name: String) -> Value? { entries.first { $0.name == name }?.value }
}

extension NamedValues: Sendable where Value: Sendable {}

extension NamedValues: Equatable where Value: Equatable {
  package static func == (left: NamedValues, right: NamedValues) -> Bool {
    left.entries.count == right.entries.count && zip(left.entries, right.entries).allSatisfy { $0 == $1 }
  }
}

extension NamedValues: JSONDocument where Value: JSONDocument {
  package func write(to json: inout JSONWriter) {
    json.object { object in
      for (name, value) in entries {
        object.key(named: name)
        value.write(to: &object)
      }
    }
  }
}

extension NamedValues: Decodable where Value: Decodable {
  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// The members by name, by code points: JSON objects have no order of their own.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Name.self)
    let names = container.allKeys.sorted { $0.stringValue.utf8.lexicographicallyPrecedes($1.stringValue.utf8) }
    entries = try names.map { ($0.stringValue, try container.decode(Value.self, forKey: $0)) }
  }
}
