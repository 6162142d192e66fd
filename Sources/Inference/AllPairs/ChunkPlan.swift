import COpenBLAS
import Glibc

/// How the time is cut into chunks, and what is done with them.
///
/// A transformed series is one block for each frequency f = 0…(M − 1)/2 (M is odd, so that only f = 0 is real): the
/// real parts of all chunks, then, except for f = 0, their imaginary parts. A column of such blocks, one series after
/// the other, is a matrix that `dgemm` can read where it lies.
struct ChunkPlan: Sendable {
  let maximumLag: Int
  let count: Int
  /// Samples of a chunk, B.
  let chunk: Int
  /// Samples of a transform, M = B + maximumLag, odd.
  let span: Int
  /// Number of chunks.
  let chunks: Int
  /// Numbers of one transformed series: M · chunks.
  var transformedSize: Int { span * chunks }

  /// B rows, M columns: cosines and negative sines of a chunk's samples.
  private let head: [Double]
  /// maximumLag rows, M columns: those of the samples that follow it.
  private let tail: [Double]
  /// M rows, lags columns: from the products at each frequency to the correlations at each lag.
  private let inverse: [Double]

  init(count: Int, maximumLag: Int) {
    self.maximumLag = maximumLag
    self.count = count
    // √(2T) makes the products and the way back from the frequencies cost least together; far longer chunks make the
    // transforms dear.
    var chunk = max(4, 2 * maximumLag, min(Int((2 * Double(count)).squareRoot()), 96))
    chunk = min(chunk, max(count, maximumLag, 1))
    if (chunk + maximumLag).isMultiple(of: 2) { chunk += 1 }
    let span = chunk + maximumLag
    self.chunk = chunk
    self.span = span
    chunks = (count + chunk - 1) / chunk
    func angle(_ f: Int, _ s: Int) -> Double { 2 * Double.pi * Double((f * s) % span) / Double(span) }
    // Column 0 is f = 0; columns 2f − 1 and 2f are the real and imaginary part of f.
    func transform(_ samples: Range<Int>) -> [Double] {
      var values: [Double] = []
      for column in 0..<span {
        let f = (column + 1) / 2
        for s in samples { values.append(column.isMultiple(of: 2) && f > 0 ? -sin(angle(f, s)) : cos(angle(f, s))) }
      }
      return values
    }
    head = transform(0..<chunk)
    tail = transform(chunk..<span)
    var inverse: [Double] = []
    for lag in 0...maximumLag {
      for column in 0..<span {
        let f = (column + 1) / 2
        let weight = (f == 0 ? 1.0 : 2.0) / Double(span)
        inverse.append(weight * (column.isMultiple(of: 2) && f > 0 ? -sin(angle(f, lag)) : cos(angle(f, lag))))
      }
    }
    self.inverse = inverse
  }

  /// Centres a series, brings it to length 1 and transforms its chunks.
  func transform(_ samples: [Double], series: Int, into work: Workspace) {
    // A chunk of zeros more, so that the last one has something that follows it.
    let padded = [Double](unsafeUninitializedCapacity: (chunks + 1) * chunk) { out, filled in
      samples.withUnsafeBufferPointer { samples in
        Self.standardise(samples, from: series * count, count: count, into: out)
      }
      for t in count..<out.count { out[t] = 0 }
      filled = out.count
    }
    let leading = work.leading + series * transformedSize
    let following = work.following + series * transformedSize
    let turned = work.turned + series * transformedSize
    let (k, b, m, l) = (Int32(chunks), Int32(chunk), Int32(span), Int32(maximumLag))
    padded.withUnsafeBufferPointer { samples in
      cblas_dgemm(
        CblasColMajor, CblasTrans, CblasNoTrans, k, m, b, 1, samples.baseAddress, b, head, b, 0, leading, k)
      following.update(from: leading, count: transformedSize)
      if maximumLag > 0 {
        cblas_dgemm(
          CblasColMajor, CblasTrans, CblasNoTrans, k, m, l, 1, samples.baseAddress.map { $0 + chunk }, b, tail, l, 1,
          following, k)
      }
    }
    for f in 0...((span - 1) / 2) where f > 0 {
      let real = (2 * f - 1) * chunks
      let imaginary = 2 * f * chunks
      for c in 0..<chunks {
        turned[real + c] = following[imaginary + c]
        turned[imaginary + c] = -following[real + c]
      }
    }
  }

  /// Correlates the series of a tile at all lags.
  ///
  /// With a = a′ + ia″ of the leading and b of the following series, Σ conj(a) b = Σ (a′b′ + a″b″) + i Σ (a′b″ − a″b′):
  /// a product with b for the real part, one with b turned by −i, (b″, −b′), for the imaginary one.
  func correlate(_ tile: TilePlan.Tile, in work: Workspace) {
    let rows = tile.rows.count
    let columns = tile.columns.count
    let pairs = rows * columns
    let stride = Int32(transformedSize)
    withUnsafeTemporaryAllocation(of: Double.self, capacity: pairs * (span + maximumLag + 1)) { memory in
      guard let spectrum = memory.baseAddress else { return }
      let left = work.leading + tile.rows.lowerBound * transformedSize
      let start = tile.columns.lowerBound * transformedSize
      func product(_ right: UnsafeMutablePointer<Double>, _ block: Int, _ depth: Int, _ target: Int) {
        // Column-major columns × rows: the following series run fastest, as in the result.
        cblas_dgemm(
          CblasColMajor, CblasTrans, CblasNoTrans, Int32(columns), Int32(rows), Int32(depth), 1,
          right + start + block, stride, left + block, stride, 0, spectrum + target * pairs, Int32(columns))
      }
      product(work.following, 0, chunks, 0)
      for f in 0...((span - 1) / 2) where f > 0 {
        let block = (2 * f - 1) * chunks
        product(work.following, block, 2 * chunks, 2 * f - 1)
        product(work.turned, block, 2 * chunks, 2 * f)
      }
      let lags = spectrum + pairs * span
      cblas_dgemm(
        CblasColMajor, CblasNoTrans, CblasNoTrans, Int32(pairs), Int32(maximumLag + 1), Int32(span), 1, spectrum,
        Int32(pairs), inverse, Int32(span), 0, lags, Int32(pairs))
      for lag in 0...maximumLag {
        for row in 0..<rows {
          work.row(tile.rows.lowerBound + row, lag: lag).advanced(by: tile.columns.lowerBound)
            .update(from: lags + lag * pairs + row * columns, count: columns)
        }
      }
    }
  }

  private static func standardise(
    _ samples: UnsafeBufferPointer<Double>, from start: Int, count: Int, into out: UnsafeMutableBufferPointer<Double>
  ) {
    var sum = 0.0
    var present = 0.0
    for t in 0..<count where !samples[start + t].isNaN {
      sum += samples[start + t]
      present += 1
    }
    let mean = present > 0 ? sum / present : 0
    var squares = 0.0
    var largest = 0.0
    for t in 0..<count {
      let value = samples[start + t]
      out[t] = value.isNaN ? 0 : value - mean
      squares += out[t] * out[t]
      largest = max(largest, abs(out[t]))
    }
    // Deviations that are rounding errors of the mean are none.
    let scale = largest > 1e-13 * abs(mean) && squares > 0 ? 1 / squares.squareRoot() : 0
    for t in 0..<count { out[t] *= scale }
  }
}
