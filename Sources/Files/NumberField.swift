/// A number in a field of a table.
package enum NumberField {
  /// The value; NaN where the field is empty, or says NaN, NA or null.
  /// - Parameter column: 1-based, for the message.
  package static func value(
    _ field: Substring, file: String, line: Int, column: Int
  ) throws(FileError) -> Double {
    if let value = Double(field), value.isFinite { return value }
    let trimmed = field.filter { $0 != " " && $0 != "\t" }
    if trimmed.isEmpty || ["nan", "na", "null"].contains(trimmed.lowercased()) { return .nan }
    if Double(trimmed) != nil {
      throw FileError(
        file: file, line: line, column: column, problem: "\"\(field)\" is not finite",
        remedy: "correct it, or leave the field empty if the value is missing")
    }
    throw FileError(
      file: file, line: line, column: column, problem: "\"\(field)\" is no number",
      remedy:
        "write it with a decimal point and no thousands separator, or leave the field empty if the value is missing")
  }
}
