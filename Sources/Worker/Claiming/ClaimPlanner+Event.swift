import Queue

extension ClaimPlanner {
  /// An event that the planner takes note of.
  enum Event: Sendable {
    /// Jobs came in.
    case notified
    /// `wait` is over.
    case waited
    /// The answer to `readLanes`.
    case lanesRead(JobQueue.LanesReading)
    /// The answer to `findLanes`.
    case lanesFound(JobQueue.LanesFound)
    /// A claim took jobs.
    case claimed([JobQueue.Claim.Portion], snapshot: Snapshot)
    /// A claim took nothing, but came to jobs: it blocked them, as their concurrency key is full, or gave them up to another
    /// claim.
    case throttled([JobQueue.Claim.Portion], snapshot: Snapshot)
    /// A claim found nothing.
    case foundNothing
    /// A claim from a queue with limits found no room, or another worker is just counting.
    case noRoom
    /// The answer to `headScan`, and how long the scan took; no heads when it failed beside the claims.
    case headScanned([JobQueue.Head], took: Duration)
    /// The answer to `laneScan`, and how long the scan took; nil: it failed beside the claims.
    case lanesScanned(JobQueue.LaneScan?, took: Duration)
    /// The claimed batch runs.
    case started
    /// A batch is over.
    case batchEnded
    /// The lease, as it is now.
    case lease(Lease.State)
    /// The last action's statement failed, or the database is away.
    case failed
    /// No more claims.
    case stopping
  }

  /// Lowest transaction still open and first one not yet begun, as a claim saw them.
  typealias Snapshot = (xmin: Int64, xmax: Int64)

  /// The next thing to do.
  enum Action: Hashable, Sendable {
    /// Make due jobs ready and read the lanes.
    case readLanes
    /// Make due jobs ready and find, of many lanes, those that got jobs; nil: find the last positions.
    case findLanes(since: JobQueue.ReadyPositions?)
    /// Look at few lanes from the head of the index: beside the claims, or first.
    case headScan([Lane], isBeside: Bool)
    /// Go through a part of many lanes from the head of the index: beside the claims, or first.
    case laneScan(after: Int32, isBeside: Bool)
    /// Claim from queues without limits.
    case claim([ClaimRange])
    /// Claim from one queue with limits.
    case claimLimited(queue: String, [ClaimRange])
    /// Claim one job that was there at two crashes.
    case claimPoison
    /// Run the claimed batch beside the others.
    case start
    /// Forget the claimed batch: its jobs are requeued as orphans.
    case abandon
    /// Wait until a batch is over.
    case awaitBatch
    /// Wait for news; nil: at most until the next poll.
    case wait(atMost: Duration?)
    /// Wait for the heartbeat to find out about the lease.
    case awaitLease
    /// The lease is lost: end at once.
    case loseLease
    /// Let the batches end.
    case stop
  }

  /// Bounds of the planner's pace.
  struct Pace: Sendable {
    /// Between two readings of the lanes, and of what is due, while there is work.
    var reading: Duration = .seconds(1)
    /// The same when the lanes that are known are empty.
    var shortestReading: Duration = .milliseconds(10)
    /// A scan takes at most one part in this many of the time.
    var costFactor = 50
    /// Between two tries of lanes whose jobs are all locked.
    var locked: Duration = .milliseconds(50)
    /// Between two questions whether a head scan is over.
    var headScan: Duration = .milliseconds(5)
    /// Between two counts in a queue with limits that had no room.
    var quiet: Duration = .milliseconds(20)
  }
}
