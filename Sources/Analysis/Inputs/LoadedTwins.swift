import FoundationEssentials
import Postgres
import Queue
import Twins

/// The twins of a batch of jobs, as they were read.
package struct LoadedTwins: Sendable {
  package let histories: [UUID: TwinHistory]
  package let catalog: DomainCatalog

  package init(_ histories: [UUID: TwinHistory], catalog: DomainCatalog) {
    self.histories = histories
    self.catalog = catalog
  }

  /// Makes the input of each job.
  /// - Parameter input: makes it of the job's twin and arguments.
  /// - Returns: by job: the input, or why there is none.
  package func inputs<Arguments: JobArguments, Input>(
    of jobs: [Job], _ input: (ResolvedTwin, Arguments) throws(JobFailure) -> Input
  ) -> [JobID: Result<Input, JobFailure>] {
    var inputs: [JobID: Result<Input, JobFailure>] = [:]
    for job in jobs {
      inputs[job.id] = Result { () throws(JobFailure) in
        let arguments = try Arguments.decode(job)
        return try input(ResolvedTwin(of: job, in: histories, catalog: catalog), arguments)
      }
    }
    return inputs
  }
}

extension HistoryReader {
  /// Reads the histories and events of the jobs' twins in one round trip and makes the input of each job.
  /// - Parameters:
  ///   - kind: whose latest input hash is wanted.
  ///   - isAsked: whether anything of a domain's twins is read.
  ///   - input: makes a job's input of its twin and arguments.
  package func inputs<Arguments: JobArguments, Input>(
    of jobs: [Job], kind: String, where isAsked: (Domain) -> Bool = { _ in true }, on connection: Connection,
    _ input: (ResolvedTwin, Arguments) throws(JobFailure) -> Input
  ) async throws(PostgresError) -> [JobID: Result<Input, JobFailure>] {
    let histories = try await histories(
      of: jobs.compactMap(\.twinID), kind: kind, withEvents: true, where: isAsked, on: connection)
    return LoadedTwins(histories, catalog: catalog).inputs(of: jobs, input)
  }
}
