import FoundationEssentials
import Postgres
import Queue

extension WorkerContext {
  /// One claim under a token that is known before it is used: what is claimed under an unknown one is an orphan.
  /// - Returns: nil when the claim did not come to look.
  func claim(
    _ body: @Sendable (UUID, Connection) async throws(PostgresError) -> JobQueue.Claim?
  ) async throws(PostgresError) -> JobQueue.Claim? {
    let token = UUID()
    inFlight.begin(token)
    do throws(PostgresError) {
      let claim = try await onConnection { connection async throws(PostgresError) in try await body(token, connection) }
      if claim?.jobs.isEmpty != false { inFlight.end(token) }
      return claim
    } catch {
      inFlight.end(token)
      throw error
    }
  }

  /// A pooled connection for one short thing.
  func onConnection<Result: Sendable>(
    _ body: @Sendable (Connection) async throws(PostgresError) -> Result
  ) async throws(PostgresError) -> Result {
    do {
      return try await pool.withConnection(body)
    } catch let error as PostgresError {
      throw error
    } catch {
      throw PostgresError(.cancelled, "cancelled while waiting for a connection: \(error)")
    }
  }
}
