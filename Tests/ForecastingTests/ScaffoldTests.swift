import TestGolden
import Testing

@testable import Forecasting

/// The manual's page on a new model: its code is compiled here and run.
@Suite("Scaffold of a model")
struct ModelScaffoldTests {
  @Test("the code on the page is the code that is compiled and run here")
  func page() throws {
    let blocks = try Scaffolds.blocks(of: "new-model.md")
    #expect(blocks.count == 1)
    #expect(try Scaffolds.difference(blocks[0], from: "Tests/ForecastingTests/DriftExample.swift") == nil)
  }

  @Test("the example model continues a line, and its errors grow by the published formula")
  func drift() throws {
    let line = try DriftExample().fit([1, 3, .nan, 7, 9]).forecast(horizon: 3)
    #expect(line.mean == [11, 13, 15])
    let fitted = try DriftExample().fit([1, 2, 4, 3, 6])
    let errors = fitted.standardErrors(horizon: 2)
    #expect(abs(errors[1] / errors[0] - (2 * (1 + 2 / 4.0) / (1 + 1 / 4.0)).squareRoot()) < 1e-12)
  }
}
