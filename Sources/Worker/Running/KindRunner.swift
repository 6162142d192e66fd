import Queue

/// A job kind with its input and output types put away, so that kinds of all types stand in one table.
public struct KindRunner: Sendable {
  /// The kind's name, arguments and limits.
  public let definition: KindDefinition
  let run: @Sendable (JobQueue.Claim, ClaimTime, WorkerContext) async -> Void

  /// Puts the types of a kind away.
  public init<Kind: JobKind>(_ kind: Kind) {
    definition = kind.definition
    run = { claim, time, context in
      await Batch(kind: kind, claim: claim, claimTime: time, context: context).run()
    }
  }
}

/// Ties the server's clock to this process's monotonic one at the moment of a claim, so that later moments of the
/// batch can be told by the server's clock without asking it.
struct ClaimTime: Sendable {
  let received: ContinuousClock.Instant
}
