/// A 128-bit FNV-1a hash (Fowler, Noll, Vo; offset basis and prime of the published 128-bit variant), fed with bytes in
/// a fixed order, so that the same input gives the same hash on every machine and in every version.
///
/// It tells changed input from unchanged input; it is no defence against somebody who makes collisions on purpose.
public struct Fingerprint: Sendable {
  private var state: UInt128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d
  private static let prime: UInt128 = 0x0000_0000_0100_0000_0000_0000_0000_013b

  /// The hash of nothing.
  public init() {}

  /// Feeds bytes.
  public mutating func combine(bytes: some Sequence<UInt8>) {
    for byte in bytes {
      state ^= UInt128(byte)
      state &*= Self.prime
    }
  }

  /// Feeds a number, least significant byte first.
  public mutating func combine(_ value: UInt64) {
    var rest = value
    for _ in 0..<8 {
      state ^= UInt128(rest & 0xff)
      state &*= Self.prime
      rest >>= 8
    }
  }

  /// Feeds a number.
  public mutating func combine(_ value: Int) {
    combine(UInt64(bitPattern: Int64(value)))
  }

  /// Feeds the bit pattern of a number: 0.0 and -0.0 differ, so do NaNs of different payload.
  public mutating func combine(_ value: Double) {
    combine(value.bitPattern)
  }

  /// Feeds a text, its length first, so that "ab", "c" differs from "a", "bc".
  public mutating func combine(_ text: String) {
    combine(text.utf8.count)
    combine(bytes: text.utf8)
  }

  /// 32 hexadecimal digits.
  public var hex: String {
    let digits = String(state, radix: 16)
    return String(repeating: "0", count: 32 - digits.count) + digits
  }
}
