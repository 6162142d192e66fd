import FoundationEssentials
import Postgres
import Queue

/// The record that every kind stores beside its rows: the input of the twin's latest result, and its job.
package struct ResultRecord: Sendable {
  package let twin: UUID
  /// The hash of everything that the result depends on; equal to the last one: nothing to do.
  package let inputHash: String
  /// The server's clock when the input was read.
  package let readAt: Date
  /// A JSON object: lineage, parameters, what was left out. `twinmill.results.summary`, and the metadata of the rows.
  package let metadata: String

  package init(twin: UUID, inputHash: String, readAt: Date, metadata: String) {
    self.twin = twin
    self.inputHash = inputHash
    self.readAt = readAt
    self.metadata = metadata
  }

  private static let statement = Statement("record_results", Embedded.Results.Statements.record_results)

  /// Writes the records of a batch. Runs before the statement that writes the kind's rows, in the same round trip.
  package static func record(_ records: [(job: Job, record: ResultRecord)], kind: String) -> SQL {
    statement(
      records.map(\.job.id), records.map { Int32($0.job.attempt) }, records.map(\.record.twin),
      records.map(\.record.inputHash), records.map(\.record.readAt), records.map(\.record.metadata),
      BuildInfo.version, kind)
  }
}
