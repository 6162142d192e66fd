import Testing

@testable import Numerics

@Suite("Order statistics")
struct OrderStatisticsTests {
  @Test("of an even number of values the middle is the one that was asked for")
  func even() {
    let values = [4.0, 1, 3, 2]
    #expect(OrderStatistics.median(values, ofTwo: .lower) == 2)
    var sorted = values
    #expect(OrderStatistics.lowerMedian(sorting: &sorted) == 2 && sorted == [1, 2, 3, 4])
    #expect(OrderStatistics.median(values, ofTwo: .upper) == 3)
    #expect(OrderStatistics.median(values, ofTwo: .mean) == 2.5)
  }

  @Test("of an odd number all three are the same, of nothing there is none")
  func odd() {
    for middle in [OrderStatistics.Middle.lower, .upper, .mean] {
      #expect(OrderStatistics.median([5, 1, 9], ofTwo: middle) == 5)
      #expect(OrderStatistics.medianDeviation([5, 1, 9], from: 5, ofTwo: middle) == 4)
      #expect(OrderStatistics.median([], ofTwo: middle) == nil)
    }
  }

  @Test("a quantile is the value of the nearest rank")
  func quantile() {
    let values = (1...10).map(Double.init).reversed() as [Double]
    #expect(OrderStatistics.quantile(0, of: values) == 1)
    #expect(OrderStatistics.quantile(0.5, of: values) == 5)
    #expect(OrderStatistics.quantile(0.91, of: values) == 10)
    #expect(OrderStatistics.quantile(1, of: values) == 10)
    #expect(OrderStatistics.quantile(0.5, of: []) == nil)
  }
}
