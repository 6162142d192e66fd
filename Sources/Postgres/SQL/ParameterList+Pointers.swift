extension ParameterList {
  /// The parameters as libpq takes them: four arrays.
  struct Pointers {
    let count: Int32
    let types: UnsafePointer<UInt32>?
    let values: UnsafePointer<UnsafePointer<CChar>?>?
    let lengths: UnsafePointer<Int32>?
    let formats: UnsafePointer<Int32>?
  }

  /// The declared types.
  var types: [PostgresType] { slots.map(\.type) }

  /// Lends the parameters to `body` in libpq's form, without copying a value.
  func withPointers<R>(_ body: (Pointers) -> R) -> R {
    if slots.isEmpty { return body(Pointers(count: 0, types: nil, values: nil, lengths: nil, formats: nil)) }
    let count = slots.count
    return buffer.withUnsafeBytes { bytes in
      withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: count) { values in
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: 3 * count) { numbers in
          for (index, slot) in slots.enumerated() {
            // An empty value needs an address all the same: a null pointer means NULL.
            let base = bytes.baseAddress ?? UnsafeRawPointer(values.baseAddress)
            let start = base.map { ($0 + slot.start).assumingMemoryBound(to: CChar.self) }
            values.initializeElement(at: index, to: slot.length < 0 ? nil : start)
            numbers.initializeElement(at: index, to: Int32(bitPattern: slot.type.rawValue))
            numbers.initializeElement(at: count + index, to: Int32(clamping: max(slot.length, 0)))
            numbers.initializeElement(at: 2 * count + index, to: slot.format.rawValue)
          }
          guard let first = numbers.baseAddress else {
            return body(Pointers(count: 0, types: nil, values: nil, lengths: nil, formats: nil))
          }
          return first.withMemoryRebound(to: UInt32.self, capacity: count) { types in
            body(
              Pointers(
                count: Int32(count), types: types, values: UnsafePointer(values.baseAddress),
                lengths: UnsafePointer(first + count), formats: UnsafePointer(first + 2 * count)))
          }
        }
      }
    }
  }
}
