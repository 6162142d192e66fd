import Postgres
import Queue

/// The arguments of a kind's jobs.
package protocol JobArguments: Decodable, Sendable {
  /// JSON schema, checked when a job is enqueued.
  static var schema: JSON { get }

  /// A rule of the schema that the values break; nil = none.
  ///
  /// A job may have been enqueued under the schema of another version, so the rules are checked once more.
  var brokenRule: String? { get }
}

extension JobArguments {
  package var brokenRule: String? { nil }

  /// The arguments of a job.
  /// - Throws: a permanent `JobFailure` for what the schema should have refused.
  package static func decode(_ job: Job) throws(JobFailure) -> Self {
    let arguments = try job.decodeArguments(as: Self.self).get()
    if let rule = arguments.brokenRule {
      throw JobFailure("\(rule): \(job.arguments.text.prefix(200))", isPermanent: true)
    }
    return arguments
  }
}

/// For kinds whose jobs ask for nothing beyond their twin.
package struct NoArguments: JobArguments {
  package static let schema: JSON = #"{"type": "object", "properties": {}, "additionalProperties": false}"#
}
