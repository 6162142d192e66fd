/// The decisions of a pool, as a value: events in, actions out. It knows connections and waiters by number only.
///
/// Every waiter is served in the order of arrival. A slot is an open connection or one that is being opened; there are
/// never more than `size`.
struct PoolState {
  /// Names a caller who wants a connection.
  typealias Waiter = UInt64
  /// Names a connection, open or being opened.
  typealias Slot = UInt64

  /// An action for the pool to perform.
  enum Action: Equatable {
    /// Open a connection, then tell `opened` or `openFailed`.
    case open(Slot)
    /// Give the connection to the waiter.
    case lease(Waiter, Slot)
    /// Tell the waiter that the last attempt to open a connection failed.
    case failOpening(Waiter)
    /// Tell the waiter that the pool is closed.
    case refuse(Waiter)
    /// Tell the waiter that its task was cancelled.
    case cancel(Waiter)
    /// Close the connection and forget it.
    case close(Slot)
  }

  let size: Int
  private(set) var isClosed = false
  private var waiters: [Waiter] = []
  /// The most recently used last: the pool reuses warm connections.
  private var idle: [Slot] = []
  private var opening: Set<Slot> = []
  private var leased: Set<Slot> = []
  private var lastSlot: Slot = 0

  init(size: Int) { self.size = max(size, 1) }

  /// Connections that are open, being opened or lent.
  var slotCount: Int { idle.count + opening.count + leased.count }
  /// Callers in the queue.
  var waiterCount: Int { waiters.count }

  /// A caller wants a connection.
  /// - Parameter isDead: tells whether an idle connection has died; it is closed then.
  mutating func request(_ waiter: Waiter, isDead: (Slot) -> Bool) -> [Action] {
    if isClosed { return [.refuse(waiter)] }
    waiters.append(waiter)
    var actions: [Action] = []
    let dead = idle.filter(isDead)
    if !dead.isEmpty {
      idle.removeAll(where: dead.contains)
      actions += dead.map { .close($0) }
    }
    return actions + serve()
  }

  /// A caller's task was cancelled. If it has its connection already, this does nothing: it will give it back.
  mutating func cancelled(_ waiter: Waiter) -> [Action] {
    guard let index = waiters.firstIndex(of: waiter) else { return [] }
    waiters.remove(at: index)
    return [.cancel(waiter)]
  }

  /// A connection is open.
  mutating func opened(_ slot: Slot) -> [Action] {
    opening.remove(slot)
    if isClosed { return [.close(slot)] }
    idle.append(slot)
    return serve()
  }

  /// A connection could not be opened: the first caller is told, the others get an attempt of their own.
  mutating func openFailed(_ slot: Slot) -> [Action] {
    opening.remove(slot)
    guard !waiters.isEmpty else { return [] }
    return [.failOpening(waiters.removeFirst())] + serve()
  }

  /// A connection comes back.
  mutating func released(_ slot: Slot, isUsable: Bool) -> [Action] {
    leased.remove(slot)
    if isClosed || !isUsable { return [.close(slot)] + serve() }
    idle.append(slot)
    return serve()
  }

  /// No more: waiting callers are refused, idle connections closed, lent ones when they come back.
  mutating func close() -> [Action] {
    isClosed = true
    defer { (waiters, idle) = ([], []) }
    return waiters.map { .refuse($0) } + idle.map { .close($0) }
  }

  private mutating func serve() -> [Action] {
    if isClosed { return [] }
    var actions: [Action] = []
    while !waiters.isEmpty, let slot = idle.popLast() {
      leased.insert(slot)
      actions.append(.lease(waiters.removeFirst(), slot))
    }
    // One opening per waiter that no opening is under way for.
    while opening.count < waiters.count, slotCount < size {
      lastSlot += 1
      opening.insert(lastSlot)
      actions.append(.open(lastSlot))
    }
    return actions
  }
}
