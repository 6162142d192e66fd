import Queue

/// The lanes of the last reading, where there are few, sorted out once.
struct KnownLanes: Sendable {
  var all: [Lane] = []
  var unlimited: [Lane] = []
  /// By queue.
  var limited: [String: [Lane]] = [:]
  var tenants: Set<String> = []
  /// The kinds of lanes without limits, by the priority of the first lane.
  var kinds: [String] = []

  init() {}

  init(_ lanes: [Lane]) {
    all = lanes
    for lane in lanes {
      tenants.insert(lane.tenant)
      if lane.isLimited { limited[lane.queue, default: []].append(lane) } else { unlimited.append(lane) }
    }
    for lane in unlimited.sorted(by: { $0.priority < $1.priority }) where !kinds.contains(lane.kind) {
      kinds.append(lane.kind)
    }
  }
}
