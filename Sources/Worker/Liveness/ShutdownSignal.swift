import Synchronization

/// Says that the worker is to stop: no more claims, but the batches in flight go on.
final class ShutdownSignal: Sendable {
  private let flag = Atomic(false)

  var isSet: Bool { flag.load(ordering: .relaxed) }

  func set() { flag.store(true, ordering: .relaxed) }
}
