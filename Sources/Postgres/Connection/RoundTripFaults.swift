#if FAULT_INJECTION
  import Synchronization

  /// Loses the connection at a chosen round trip, for tests that ask what becomes of each.
  package final class RoundTripFaults: Sendable {
    /// When the connection is lost.
    package enum Loss: Sendable, CaseIterable {
      /// The statement does not get to the server.
      case beforeSending
      /// The server has done what was asked, and its answer does not come back.
      case beforeAnswer
    }

    private let state = Mutex((count: 0, target: Int?.none, loss: Loss.beforeSending, hasStruck: false))

    /// Loses nothing yet.
    package init() {}

    /// Loses the connection at the round trip of this number from now on, from 1. Opening a connection is one, too: it
    /// fails.
    package func arm(at number: Int, _ loss: Loss) {
      state.withLock { $0 = (0, number, loss, false) }
    }

    /// Loses nothing any more.
    /// - Returns: whether it has.
    package func disarm() -> Bool {
      state.withLock { state in
        state.target = nil
        return state.hasStruck
      }
    }

    /// Counts a round trip.
    /// - Returns: how this one is lost; nil: it is not.
    func next() -> Loss? {
      state.withLock { state in
        state.count += 1
        guard state.count == state.target else { return nil }
        state.hasStruck = true
        return state.loss
      }
    }
  }

  extension Link {
    /// Runs an operation, or loses the connection around it.
    func losing<T>(_ body: () throws(PostgresError) -> T) throws(PostgresError) -> T {
      switch settings.options.faults?.next() {
      case nil: return try body()
      case .beforeSending: break
      case .beforeAnswer: _ = Result { () throws(PostgresError) in try body() }
      }
      if let loss { throw loss }
      throw lose(because: Self.injectedLoss)
    }

    /// Refuses to open a connection, if that is asked for.
    func refuseIfAsked() throws(PostgresError) {
      if settings.options.faults?.next() != nil {
        throw PostgresError(.connectFailed, "refused by a test", sqlstate: "08006")
      }
    }

    private static let injectedLoss = PostgresError(.connectionLost, "by a test", sqlstate: "08006")
  }
#endif
