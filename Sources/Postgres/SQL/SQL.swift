/// A statement's text with its parameters as $1, $2 …
///
/// Interpolation is the only way for values to get in, and it makes parameters of them:
/// `let sql: SQL = "SELECT * FROM jobs WHERE id = \(id)"` has the text `… WHERE id = $1`.
public struct SQL: ExpressibleByStringInterpolation, Sendable {
  /// The text, with placeholders.
  public let text: String
  /// The name under which the statement is prepared once per connection; nil for an ad-hoc statement.
  public let name: String?
  let values: ParameterList

  init(text: String, name: String?, values: ParameterList) {
    self.text = text
    self.name = name
    self.values = values
  }

  /// A text without parameters.
  public init(stringLiteral value: String) {
    self.init(text: value, name: nil, values: ParameterList())
  }

  /// A text with parameters.
  public init(stringInterpolation: StringInterpolation) {
    self.init(text: stringInterpolation.text, name: nil, values: stringInterpolation.values)
  }

  /// The parameters, in order.
  public var parameters: [Parameter] { values.parameters }

  /// Collects text and parameters of an interpolated string.
  public struct StringInterpolation: StringInterpolationProtocol {
    var text = ""
    var values = ParameterList()

    /// Begins an interpolated string.
    public init(literalCapacity: Int, interpolationCount: Int) {
      text.reserveCapacity(literalCapacity + 3 * interpolationCount)
    }

    /// Appends SQL text.
    public mutating func appendLiteral(_ literal: String) { text += literal }

    /// Appends a parameter.
    public mutating func appendInterpolation(_ value: some PostgresEncodable) {
      values.append(value)
      text += "$\(values.count)"
    }

    /// Appends a parameter; nil is NULL of the same type.
    public mutating func appendInterpolation<T: PostgresEncodable>(_ value: T?) {
      values.append(value)
      text += "$\(values.count)"
    }
  }
}

/// One parameter of a statement.
public struct Parameter: Sendable, Hashable {
  /// The declared type.
  public let type: PostgresType
  /// How the bytes are to be read.
  public let format: PostgresFormat
  /// The value; nil for NULL.
  public let bytes: [UInt8]?
}

/// Parameters in one buffer, so that a statement costs two allocations and not one per value.
struct ParameterList: Sendable {
  struct Slot: Sendable {
    let type: PostgresType
    let format: PostgresFormat
    let start: Int
    /// Bytes; -1 for NULL.
    let length: Int
  }

  private(set) var slots: [Slot] = []
  private(set) var buffer: [UInt8] = []
  /// The first value that could not be encoded: reported when the statement is run.
  private(set) var failure: PostgresError?

  var count: Int { slots.count }

  mutating func append<T: PostgresEncodable>(_ value: T?) {
    let start = buffer.count
    guard let value else {
      slots.append(Slot(type: T.postgresType, format: T.postgresFormat, start: start, length: -1))
      return
    }
    do {
      try value.encode(into: &buffer)
    } catch {
      let number = slots.count + 1
      failure = failure ?? error.changing { $0.message = "parameter $\(number): \($0.message)" }
    }
    slots.append(Slot(type: T.postgresType, format: T.postgresFormat, start: start, length: buffer.count - start))
    // libpq takes values in text format as C strings.
    if T.postgresFormat == .text { buffer.append(0) }
  }

  mutating func append(any value: (any PostgresEncodable)?) {
    if let value {
      append(value)
    } else {
      slots.append(Slot(type: .unspecified, format: .binary, start: buffer.count, length: -1))
    }
  }

  var parameters: [Parameter] {
    slots.map { slot in
      Parameter(
        type: slot.type, format: slot.format,
        bytes: slot.length < 0 ? nil : Array(buffer[slot.start..<slot.start + slot.length]))
    }
  }
}
