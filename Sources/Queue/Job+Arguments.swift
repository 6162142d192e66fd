import FoundationEssentials
import Postgres

extension Sequence<Job> {
  /// The arguments of all jobs, by job; equal ones are decoded once.
  ///
  /// Inlinable, to be compiled for the kind's own type: generic, it was an eighth of a worker's time with small jobs.
  @inlinable public func decodeArguments<Arguments: Decodable>(
    as type: Arguments.Type
  ) -> [JobID: Result<Arguments, JobFailure>] {
    var decoded: [String: Result<Arguments, JobFailure>] = [:]
    var answers: [JobID: Result<Arguments, JobFailure>] = [:]
    answers.reserveCapacity(underestimatedCount)
    for job in self {
      if let known = decoded[job.arguments.text] {
        answers[job.id] = known
      } else {
        let arguments = job.decodeArguments(as: type)
        decoded[job.arguments.text] = arguments
        answers[job.id] = arguments
      }
    }
    return answers
  }
}

extension Job {
  /// The arguments as a Swift value. They have passed the kind's schema when the job was enqueued, but an older
  /// version's schema may have been another.
  public func decodeArguments<Arguments: Decodable>(as type: Arguments.Type) -> Result<Arguments, JobFailure> {
    do {
      return .success(try JSONDecoder().decode(type, from: Data(arguments.text.utf8)))
    } catch {
      return .failure(
        JobFailure(
          "arguments \(arguments.text.prefix(200)) do not fit kind '\(kind)' of this version: \(error)",
          isPermanent: true))
    }
  }
}
