import Glibc
import Testing

@testable import Numerics

@Suite("Matrices")
struct MatrixTests {
  @Test("the augmented factor gives least squares, and nothing for collinear columns")
  func cholesky() throws {
    // y on 1 and x = 0…4 for y = 1, 3, 2, 5, 4: intercept 1.4, slope 0.8, residual sum of squares 3.6.
    var columns = Matrix(rows: 5, columns: [[1, 1, 1, 1, 1], [0, 1, 2, 3, 4], [1, 3, 2, 5, 4]])
    let fit = try #require(AugmentedCholesky(columns.gram().values, size: 3))
    #expect(abs(fit.lastCoefficient - 0.8) < 1e-12)
    #expect(abs(fit.lastVariance - 0.1) < 1e-12)
    #expect(abs(fit.residualSumOfSquares - 3.6) < 1e-12)
    #expect(abs(fit.logDeterminant - log(50)) < 1e-12)
    #expect(abs(fit.coefficients()[0] - 1.4) < 1e-12)
    columns = Matrix(rows: 5, columns: [[1, 1, 1, 1, 1], [3, 3, 3, 3, 3], [1, 3, 2, 5, 4]])
    #expect(AugmentedCholesky(columns.gram().values, size: 3) == nil)
  }
}
