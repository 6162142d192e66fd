import FoundationEssentials

/// The names and types of a JSON document, without its values.
public indirect enum JSONShape: Decodable, Sendable {
  case null, flag, number, text
  /// Of all elements together; nil: the array is empty.
  case list(JSONShape?)
  case object([String: JSONShape])
  /// A value that is null here and something else there.
  case optional(JSONShape)

  /// Of whatever document the decoder holds.
  public init(from decoder: any Decoder) throws {
    if var list = try? decoder.unkeyedContainer() {
      var shape: JSONShape?
      while !list.isAtEnd {
        let next = try list.decode(JSONShape.self)
        shape = shape.map { $0.joined(with: next) } ?? next
      }
      self = .list(shape)
    } else if let object = try? decoder.container(keyedBy: Key.self) {
      var members: [String: JSONShape] = [:]
      for key in object.allKeys { members[key.stringValue] = try object.decode(JSONShape.self, forKey: key) }
      self = .object(members)
    } else {
      let value = try decoder.singleValueContainer()
      if value.decodeNil() {
        self = .null
      } else if (try? value.decode(Bool.self)) != nil {
        self = .flag
      } else if (try? value.decode(Double.self)) != nil {
        self = .number
      } else {
        _ = try value.decode(String.self)
        self = .text
      }
    }
  }

  /// The shape of a document, or of a document a line.
  public static func of(_ text: String) throws -> JSONShape {
    try JSONDecoder().decode(JSONShape.self, from: Data(text.utf8))
  }

  /// The names in order, indented.
  public var text: String { lines.joined(separator: "\n") }

  private var lines: [String] {
    switch self {
    case .null: ["null"]
    case .flag: ["true or false"]
    case .number: ["number"]
    case .text: ["text"]
    case .optional(let shape): shape.lines.dropLast() + [(shape.lines.last ?? "") + " or null"]
    case .list(nil): ["[]"]
    case .list(let shape?): ["["] + shape.lines.map { "  " + $0 } + ["]"]
    case .object(let members):
      ["{"]
        + members.sorted { $0.key < $1.key }.flatMap { name, shape in
          let lines = shape.lines
          return ["  \(name): \(lines[0])"] + lines.dropFirst().map { "  " + $0 }
        } + ["}"]
    }
  }

  private func joined(with other: JSONShape) -> JSONShape {
    switch (self, other) {
    case (.null, .null): .null
    case (.null, let shape), (let shape, .null):
      if case .optional = shape { shape } else { .optional(shape) }
    case (.optional(let left), .optional(let right)), (.optional(let left), let right),
      (let left, .optional(let right)):
      .optional(left.joined(with: right))
    case (.list(nil), let list), (let list, .list(nil)): list
    case (.list(let left?), .list(let right?)): .list(left.joined(with: right))
    case (.object(let left), .object(let right)):
      .object(left.merging(right) { $0.joined(with: $1) })
    default: self
    }
  }

  private struct Key: CodingKey {
    let stringValue: String
    let intValue: Int? = nil
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}
