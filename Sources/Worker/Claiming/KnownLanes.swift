import Queue

/// The lanes of the last reading, sorted out once.
struct KnownLanes: Sendable {
  var all: [Lane] = []
  var unlimited: [Lane] = []
  /// By queue.
  var limited: [String: [Lane]] = [:]
  var tenants: Set<String> = []

  init() {}

  init(_ lanes: [Lane]) {
    all = lanes
    for lane in lanes {
      tenants.insert(lane.tenant)
      if lane.isLimited { limited[lane.queue, default: []].append(lane) } else { unlimited.append(lane) }
    }
  }
}
