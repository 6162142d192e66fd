import COpenBLAS

/// A dense matrix, column after column; the few products that the analytics need, by OpenBLAS.
///
/// OpenBLAS runs on the calling thread: with threads of its own the last bits would depend on their number.
package struct Matrix: Sendable {
  /// Number of rows.
  @usableFromInline package let rows: Int
  /// Number of columns.
  @usableFromInline package var columns: Int
  /// rows · columns numbers; element (i, j) at i + j · rows.
  @usableFromInline package var values: [Double]

  /// Zeros.
  @inlinable package init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    values = [Double](repeating: 0, count: rows * columns)
  }

  /// These columns, each of `rows` numbers.
  @inlinable package init(rows: Int, columns: [[Double]]) {
    self.rows = rows
    self.columns = columns.count
    values = columns.flatMap { $0 }
  }

  /// Column j.
  @inlinable package subscript(column j: Int) -> ArraySlice<Double> { values[(j * rows)..<((j + 1) * rows)] }

  /// Adds a column of `rows` numbers behind the others.
  @inlinable package mutating func append(_ column: some Collection<Double>) {
    values.append(contentsOf: column)
    columns += 1
  }

  /// Some of the columns, in the order given.
  @inlinable package func selecting(_ indices: some Collection<Int>) -> Matrix {
    var result = Matrix(rows: rows, columns: 0)
    result.values.reserveCapacity(rows * indices.count)
    for j in indices { result.append(self[column: j]) }
    return result
  }

  /// AᵀA, its lower triangle; O(rows · columns²).
  package func gram() -> Matrix {
    Self.prepare()
    var result = Matrix(rows: columns, columns: columns)
    guard rows > 0, columns > 0 else { return result }
    result.values.withUnsafeMutableBufferPointer { out in
      cblas_dsyrk(
        CblasColMajor, CblasLower, CblasTrans, Int32(columns), Int32(rows), 1, values, Int32(rows), 0,
        out.baseAddress, Int32(columns))
    }
    return result
  }

  /// Aᵀv.
  package func transposed(times vector: [Double]) -> [Double] {
    Self.prepare()
    var result = [Double](repeating: 0, count: columns)
    guard rows > 0, columns > 0 else { return result }
    cblas_dgemv(
      CblasColMajor, CblasTrans, Int32(rows), Int32(columns), 1, values, Int32(rows), vector, 1, 0, &result, 1)
    return result
  }

  /// Makes every column orthogonal to the orthonormal columns of `basis`: A − Q(QᵀA), twice, because once leaves
  /// rounding errors where little remains (Giraud, Langou and Rozložník 2005).
  package mutating func removeProjection(on basis: Matrix) {
    Self.prepare()
    guard rows > 0, columns > 0, basis.columns > 0 else { return }
    let (n, k, m) = (Int32(rows), Int32(basis.columns), Int32(columns))
    var shares = [Double](repeating: 0, count: basis.columns * columns)
    values.withUnsafeMutableBufferPointer { out in
      for _ in 0..<2 {
        cblas_dgemm(
          CblasColMajor, CblasTrans, CblasNoTrans, k, m, n, 1, basis.values, n, out.baseAddress, n, 0, &shares, k)
        cblas_dgemm(
          CblasColMajor, CblasNoTrans, CblasNoTrans, n, m, k, -1, basis.values, n, shares, k, 1, out.baseAddress, n)
      }
    }
  }

  /// Orthonormal columns that span those of this matrix, by Gram-Schmidt; a column that the earlier ones explain to
  /// one part in 10⁸ is left out.
  package func orthonormalised() -> Matrix {
    var basis = Matrix(rows: rows, columns: 0)
    for j in 0..<columns {
      var column = Matrix(rows: rows, columns: 0)
      column.append(self[column: j])
      let size = column.values.norm
      column.removeProjection(on: basis)
      let rest = column.values.norm
      if rest > 1e-8 * size { basis.append(column.values.map { $0 / rest }) }
    }
    return basis
  }

  /// One thread inside of OpenBLAS, once per process.
  package static func prepare() { _ = singleThread }
  private static let singleThread: Void = openblas_set_num_threads(1)
}

extension [Double] {
  /// √Σx².
  @inlinable package var norm: Double { reduce(0) { $0 + $1 * $1 }.squareRoot() }
}
