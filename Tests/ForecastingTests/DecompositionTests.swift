import Glibc
import Testing

@testable import Forecasting

/// References: statsmodels 0.15.0, `STL` and `MSTL` (the authors' Fortran in C); 4Theta by its published algorithm in
/// numpy 2 and scipy 1.17.
@Suite("Seasons, trends and theta lines against independent references")
struct DecompositionTests {
  private func close(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool {
    abs(a - b) <= tolerance * max(1, abs(b))
  }

  private static let places = [0, 5, 70, 143]

  @Test("the decomposition of the airline passengers is that of statsmodels' STL")
  func passengers() throws {
    var settings = SeasonalTrend(period: 12)
    settings.jumps = false
    let smooth = try #require(settings.decompose(Datasets.passengers))
    let seasonal = [-8.86381921380411, 5.265409324648195, -54.22085760999942, -60.16121873048505]
    let trend = [121.27081239993636, 125.68843712586299, 254.8677388930736, 494.3726121462103]
    for (k, i) in Self.places.enumerated() {
      #expect(close(smooth.seasonal[i], seasonal[k], 1e-10) && close(smooth.trend[i], trend[k], 1e-10))
    }
    settings.jumps = true
    let jumped = try #require(settings.decompose(Datasets.passengers))
    let jumpedSeasonal = [-8.849944783952985, 5.191590577694009, -54.78032531160649, -60.1716668334614]
    for (k, i) in Self.places.enumerated() { #expect(close(jumped.seasonal[i], jumpedSeasonal[k], 1e-10)) }
    for i in 0..<144 {
      #expect(close(jumped.seasonal[i] + jumped.trend[i] + jumped.remainder[i], Datasets.passengers[i], 1e-12))
    }
    #expect(SeasonalTrend.strength(jumped) > 0.9)
  }

  @Test("so is the robust one")
  func robust() throws {
    var settings = SeasonalTrend(period: 12, seasonalWindow: 7)
    settings.jumps = false
    settings.innerPasses = 1
    settings.robustPasses = 4
    let found = try #require(settings.decompose(Datasets.passengers))
    let seasonal = [-11.126990703235462, 7.322341277938936, -54.07920006118197, -59.30910484870044]
    let trend = [122.3861431930836, 126.16385757755161, 255.08733131812573, 495.3844769691317]
    for (k, i) in Self.places.enumerated() {
      #expect(close(found.seasonal[i], seasonal[k], 1e-9) && close(found.trend[i], trend[k], 1e-9))
    }
  }

  @Test("missing values weigh nothing: the season stays, and nothing is made up in the remainder")
  func gaps() throws {
    var values = Datasets.passengers
    for i in [3, 50, 51, 52, 53, 54, 100] { values[i] = .nan }
    let whole = try #require(SeasonalTrend(period: 12).decompose(Datasets.passengers))
    let gaps = try #require(SeasonalTrend(period: 12).decompose(values))
    for i in values.indices { #expect(abs(whole.seasonal[i] - gaps.seasonal[i]) < 12) }
    #expect(gaps.remainder[51].isNaN)
    #expect(gaps.trend.allSatisfy(\.isFinite) && gaps.seasonal.allSatisfy(\.isFinite))
    let never = values.indices.map { $0 % 12 == 4 ? Double.nan : values[$0] }
    #expect(SeasonalTrend(period: 12).decompose(never) == nil)
    #expect(SeasonalTrend(period: 12).decompose(Array(values.prefix(23))) == nil)
  }

  private static let hourly = (0..<840).map { t -> Double in
    let x = Double(t)
    return 10 + 0.01 * x + 3 * sine(x / 24) + 2 * sine(x / 168 + 0.25) + Double(t * 7919 % 101) / 101
  }

  @Test("two seasons are told apart as by statsmodels' MSTL")
  func multiple() throws {
    var model = MultipleSeasons(periods: [168, 24, 24, 1])
    model.settings.jumps = false
    model.settings.innerPasses = 5
    let (seasons, _) = model.seasons(Self.hourly)
    #expect(seasons.map(\.period) == [24, 168])
    for (i, day, week) in [
      (0, -0.08823177315312797, 1.503772445363187), (100, 2.568501252144825, -1.3214776812636275),
      (500, -2.558738471819896, 2.0665113613211954), (839, -0.7272414449065913, 1.835458239234749),
    ] {
      #expect(close(seasons[0].values[i], day, 1e-8) && close(seasons[1].values[i], week, 1e-8))
    }
  }

  @Test("a model of two seasons goes on with both")
  func forecast() throws {
    let train = Array(Self.hourly.prefix(672))
    let fit = try MultipleSeasons(periods: [24, 168]).fit(train)
    let mean = fit.forecast(horizon: 168).mean
    let error = zip(mean, Self.hourly[672...]).reduce(0) { $0 + abs($1.0 - $1.1) } / 168
    // The noise alone, uniform over one unit, has mean absolute deviation 1/4.
    #expect(error < 0.5)
    #expect(fit.parameters[0].name == "strength of season 24" && fit.parameters[0].value > 0.9)
    // Without a cycle that the history holds twice it is plain smoothing.
    let plain = try MultipleSeasons(periods: [500]).fit(train).forecast(horizon: 3).mean
    #expect(plain == (try AutomaticSmoothing().fit(train).forecast(horizon: 3).mean))
  }

  @Test(
    "theta lines of four kinds give the published algorithm's error and forecasts",
    arguments: [
      (
        FourTheta.Line.straight, FourTheta.Combination.additive, 111.90896986789134, 808.098836204098, 793.1701563361112
      ),
      (.straight, .multiplicative, 112.24403391031629, 809.2999754319184, 793.7053622956967),
      (.exponential, .additive, 111.89036865176018, 809.5121676963176, 797.729122016859),
      (.exponential, .multiplicative, 112.24682756686042, 810.5523900026047, 798.3095079619561),
    ])
  func fourTheta(
    line: FourTheta.Line, combination: FourTheta.Combination, error: Double, first: Double, last: Double
  ) throws {
    let fit = try FourTheta(lines: [line], combinations: [combination], theta: 2...2).fit(Datasets.nile)
    #expect(close(fit.error, error, 1e-4))
    let mean = fit.forecast(horizon: 12).mean
    #expect(close(mean[0], first, 1e-3) && close(mean[11], last, 1e-3))
  }

  @Test("of the four the one with the least error is taken, with its best theta")
  func bestOfFour() throws {
    let fit = try FourTheta().fit(Datasets.nile)
    #expect(fit.theta > 2.99 && fit.trend.isExponential && !fit.isMultiplicative)
    #expect(close(fit.error, 111.77240403471757, 1e-3))
    // Logarithms need positive values.
    #expect(try FourTheta().fit([-1, 2, 3, 1, 5]).name == "4theta")
  }
}

/// sin 2πx.
private func sine(_ turns: Double) -> Double { sin(2 * Double.pi * turns) }
