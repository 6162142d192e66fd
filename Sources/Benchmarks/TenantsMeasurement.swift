import Files
import FoundationEssentials
import Postgres

/// Drains a backlog of more and more tenants, and lets a new one come in the middle.
struct TenantsMeasurement: Measurement {
  static let name = "tenants"
  static let summary = "the drain with 1, 100, 10,000 and 100,000 tenants, and how long a new tenant's job waits"

  let stage: BenchStage
  let sizes: BenchSizes

  struct Figures: Encodable {
    let method = """
      The drain of `drain`, with the jobs spread evenly over so many tenants; numbers of tenants take turns within a \
      round, and ratios are to one tenant of the same round. newcomer: beside such a backlog of which some jobs have \
      finished, one job of a new tenant is enqueued; from its enqueue to its claim by the server's clock, and how many \
      claims came between.
      """
    let jobs: Int
    let tenants: [Side]
  }

  struct Side: Encodable {
    let tenants: Int
    let worker: RateFigures
    let toOneTenant: RatioFigures
    let newcomerMs: [Double]
    let claimsBeforeNewcomer: [Int]
  }

  func run() async throws -> Figures {
    let numbers = [1, 100, 10_000, 100_000].filter { $0 <= sizes.jobs }
    var rates: [Int: [Double]] = [:]
    var newcomers: [Int: [(ms: Double, claims: Int)]] = [:]
    for round in 1...sizes.rounds {
      for tenants in round % 2 == 1 ? numbers : numbers.reversed() {
        let drain = try await WorkerDrain(stage: stage).run(sizes.jobs, Backlog.Mix(tenants: tenants))
        let newcomer = try await newcomer(tenants)
        rates[tenants, default: []].append(drain.rate)
        newcomers[tenants, default: []].append(newcomer)
        stage.say(
          "  round \(round), \(tenants) tenants: \(Int(drain.rate))/s, a newcomer waits \(newcomer.ms) ms and "
            + "\(newcomer.claims) claims")
      }
    }
    return Figures(
      jobs: sizes.jobs,
      tenants: numbers.map { tenants in
        Side(
          tenants: tenants, worker: RateFigures(rates[tenants] ?? []),
          toOneTenant: RatioFigures(rates[tenants] ?? [], over: rates[1] ?? []),
          newcomerMs: newcomers[tenants]?.map(\.ms) ?? [], claimsBeforeNewcomer: newcomers[tenants]?.map(\.claims) ?? []
        )
      })
  }

  /// One job of a new tenant in the middle of a drain.
  private func newcomer(_ tenants: Int) async throws -> (ms: Double, claims: Int) {
    let connection = try await stage.connect()
    defer { Task { await connection.close() } }
    let backlog = Backlog(stage: stage)
    try await backlog.clear(on: connection)
    try await backlog.fill(sizes.jobs, Backlog.Mix(tenants: tenants), on: connection)
    var job: Int64 = 0
    try await BenchWorker.with(stage) { worker in
      try await until("SELECT EXISTS (SELECT FROM twinmill.job_history)", worker, connection)
      job = try await connection.query(
        "SELECT job_id FROM twinmill.enqueue('probe', queue => \(BenchStage.queue), tenant => 'newcomer')"
      )[0].decode(Int64.self)
      try await until("SELECT EXISTS (SELECT FROM twinmill.job_history WHERE job_id = \(job))", worker, connection)
    }
    let row = try await connection.query(
      """
      SELECT (extract(epoch FROM n.claimed_at - n.enqueued_at) * 1000)::float8,
             (SELECT count(DISTINCT h.token) FROM twinmill.job_history h
              WHERE h.claimed_at > n.enqueued_at AND h.claimed_at < n.claimed_at)
      FROM twinmill.job_history n WHERE n.job_id = \(job)
      """)[0]
    let (ms, claims) = try row.decode(Double.self, Int64.self)
    try await backlog.clear(on: connection)
    return (ms.rounded(to: 2), Int(claims))
  }

  private func until(_ question: SQL, _ worker: BenchWorker, _ connection: Connection) async throws {
    while try await connection.query(question)[0].decode(Bool.self) == false {
      try worker.check()
      try await Task.sleep(for: .milliseconds(2))
    }
  }
}
