import CommandLine
import Domains
import Forecasting
import Jobs
import Offline
import Queue
import Scheduler
import Series
import Twins
import Worker

/// The program: the only place that names the kinds of job and the modules that have a part of the database.
@main
enum Program {
  static func main() async {
    await Build(
      modules: { [.queue, .scheduler, .twins] },
      catalog: { (twinsSchema, domainSchemas) throws(DomainError) in
        try Domains.catalog(twinsSchema: twinsSchema, domainSchemas: domainSchemas)
      },
      kinds: kinds,
      series: { twin, metrics, catalog, connection in
        let found = try await Prediction(catalog: catalog).series(of: twin, metrics: metrics, on: connection)
        return (found.series.enumerated().map { FileSeries($1, number: $0 + 1) }, found.leftOut)
      }
    ).main()
  }

  /// Every kind of job that this build can run.
  @Sendable private static func kinds(_ catalog: DomainCatalog) -> [KindRunner] {
    [
      KindRunner(Prediction(catalog: catalog)),
      KindRunner(Correlation(catalog: catalog)),
      KindRunner(Effect(catalog: catalog)),
      KindRunner(Insight(catalog: catalog)),
      KindRunner(Recommendation(catalog: catalog)),
      KindRunner(Sweep(twinsSchema: catalog.twinsSchema)),
      KindRunner(Probe()),
    ]
  }
}

extension FileSeries {
  /// The n-th metric of a twin.
  init(_ series: TwinSeries, number: Int) {
    self.init(
      id: series.metric, line: -number, values: series.samples.values, seasons: series.seasons, horizon: series.horizon,
      bounds: series.bounds, unit: series.unit,
      times: ChartTimes(timeZone: series.samples.calendarStep?.timeZone ?? .gmt) { series.samples.date(at: $0) },
      covariates: { series.covariates(steps: $0) })
  }
}
