import Testing

@testable import Detection

@Suite("DataQuality")
struct DataQualityTests {
  private func noise(_ count: Int, level: Double = 20, deviation: Double = 1, seed: UInt64 = 41) -> [Double] {
    var noise = Noise(seed: seed)
    return (0..<count).map { _ in level + deviation * noise.normal() }
  }

  @Test("gaps are the runs of missing samples")
  func gaps() {
    let found = DataQuality.gaps(in: [.nan, 1, .nan, .nan, 2])
    #expect(found == [QualityFinding(kind: .gap, samples: 0..<1), QualityFinding(kind: .gap, samples: 2..<4)])
  }

  @Test("values out of range are named by run and extreme")
  func range() {
    let found = DataQuality.outOfRange(in: [5, 101, 130, .nan, -3, 50], 0...100)
    #expect(
      found == [
        QualityFinding(kind: .outOfRange(extreme: 130), samples: 1..<3),
        QualityFinding(kind: .outOfRange(extreme: -3), samples: 4..<5),
      ])
  }

  @Test("a sensor that stands still among moving values is stuck; a counter that often stands still is not")
  func stuck() {
    var values = noise(200)
    for i in 80..<90 { values[i] = values[80] }
    #expect(DataQuality.stuck(in: values).map(\.samples) == [80..<90])
    var noise = Noise(seed: 42)
    let counts = (0..<400).map { _ in noise.uniform() < 0.9 ? 0.0 : 1 }
    #expect(DataQuality.stuck(in: counts).isEmpty)
    #expect(DataQuality.stuck(in: [Double](repeating: 3, count: 5)).isEmpty)
  }

  @Test("a change from Celsius to Fahrenheit is recognised both ways, and so is a factor of 1,000")
  func units() throws {
    let celsius = noise(120)
    let mixed = celsius.enumerated().map { $0.offset < 60 ? $0.element : $0.element * 1.8 + 32 }
    guard case .unitChange(let change)? = DataQuality.unitChanges(in: mixed).first?.kind else {
      Issue.record("not found")
      return
    }
    #expect(change.name == "°C to °F")
    #expect(DataQuality.unitChanges(in: mixed).map(\.samples) == [60..<120])
    let back = celsius.enumerated().map { $0.offset >= 60 ? $0.element : $0.element * 1.8 + 32 }
    guard case .unitChange(let reverse)? = DataQuality.unitChanges(in: back).first?.kind else {
      Issue.record("not found")
      return
    }
    #expect(reverse.name == "°F to °C" && abs(reverse.factor * 68 + reverse.offset - 20) < 1e-9)
    let kilo = celsius.enumerated().map { $0.offset < 60 ? $0.element : $0.element * 1_000 }
    #expect(DataQuality.unitChanges(in: kilo).count == 1)
  }

  @Test("a shift that no change of unit explains is none")
  func shift() {
    let values = noise(120).enumerated().map { $0.offset < 60 ? $0.element : $0.element + 10 }
    #expect(DataQuality.unitChanges(in: values).isEmpty)
  }

  @Test("findings come by place; good data have none")
  func all() {
    var values = noise(300)
    #expect(DataQuality.findings(in: values, validRange: 0...40).isEmpty)
    values[250] = .nan
    values[10] = 55
    #expect(DataQuality.findings(in: values, validRange: 0...40).map(\.samples) == [10..<11, 250..<251])
  }
}
