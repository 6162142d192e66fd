import CZlib

/// Portable Network Graphics (ISO/IEC 15948): true colour, one image, no interlacing.
///
/// Written here because zlib, which does the work, is linked anyway; a graphics library would bring a font renderer and a
/// dozen shared libraries into a daemon that draws nothing.
package enum PNG {
  /// The file of an image.
  /// - Parameter rgb: three bytes a pixel, row by row from the top; `3 · width · height` of them.
  package static func file(width: Int, height: Int, rgb: [UInt8]) -> [UInt8] {
    precondition(rgb.count == 3 * width * height, "\(rgb.count) bytes for \(width) × \(height) pixels")
    var lines: [UInt8] = []
    lines.reserveCapacity(rgb.count + height)
    for row in 0..<height {
      // Filter 0: bytes as they are.
      lines.append(0)
      lines += rgb[(3 * width * row)..<(3 * width * (row + 1))]
    }
    var size = compressBound(uLong(lines.count))
    var packed = [UInt8](repeating: 0, count: Int(size))
    // Fails only for too small a buffer or without memory.
    let status = compress2(&packed, &size, lines, uLong(lines.count), Z_DEFAULT_COMPRESSION)
    precondition(status == Z_OK, "zlib: \(status)")
    packed.removeLast(packed.count - Int(size))

    var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    // Depth 8, colour type 2 (red, green, blue), deflate, adaptive filters, no interlacing.
    file += chunk("IHDR", bigEndian(width) + bigEndian(height) + [8, 2, 0, 0, 0])
    file += chunk("IDAT", packed)
    file += chunk("IEND", [])
    return file
  }

  private static func bigEndian(_ number: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }

  private static func chunk(_ type: String, _ content: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + content
    return bigEndian(content.count) + body + bigEndian(Int(crc32(0, body, uInt(body.count))))
  }
}
