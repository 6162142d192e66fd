import Queue
import Synchronization

/// Computes the jobs of a batch side by side: a few loops that each take one job after the other.
///
/// A task for every job costs more than a small job itself: with jobs that do nothing, 25 µs of the worker's time went
/// into two tasks a job. Loops begin with one for each compute thread; while computations wait (sleep, or anything that
/// gives its thread back) their number doubles every few milliseconds up to the kind's limit.
final class Computation<Kind: JobKind>: Sendable {
  typealias Outcome = Result<Computed<Kind.Output>, any Error>

  private struct State {
    var waiting: ArraySlice<Job>
    var ready: [(job: Job, result: Outcome)] = []
    var loops = 0
  }

  private let kind: Kind
  private let inputs: [JobID: Result<Kind.Input, JobFailure>]
  private let context: WorkerContext
  private let untilDeadline: @Sendable (Job) -> Duration?
  private let state: Mutex<State>

  /// - Parameter untilDeadline: how long a job may still take; nil: it has no deadline.
  init(
    _ jobs: [Job], of kind: Kind, inputs: [JobID: Result<Kind.Input, JobFailure>], context: WorkerContext,
    untilDeadline: @escaping @Sendable (Job) -> Duration?
  ) {
    self.kind = kind
    self.inputs = inputs
    self.context = context
    self.untilDeadline = untilDeadline
    state = Mutex(State(waiting: jobs[...]))
  }

  /// The results that are not taken yet.
  func takeReady() -> [(job: Job, result: Outcome)] {
    state.withLock { state in
      defer { state.ready = [] }
      return state.ready
    }
  }

  /// Starts the first loops, or as many as there are, while jobs wait and the kind allows it.
  /// - Returns: tasks that end with their loops.
  func startMore() -> [Task<Void, Never>] {
    let limit = kind.definition.concurrency ?? context.compute.width
    let first = min(context.compute.width, limit)
    let count = state.withLock { state in
      let count = min(min(max(state.loops * 2, first), limit) - state.loops, state.waiting.count)
      state.loops += max(count, 0)
      return max(count, 0)
    }
    return (0..<count).map { _ in
      let loop = ComputationLoop(inFlight: context.inFlight)
      let task = JobProgress.$sink.withValue(ProgressSink(loop.report)) {
        Task(executorPreference: context.compute) { await self.run(loop) }
      }
      loop.runs(as: task)
      return task
    }
  }

  /// A computation this long lets others of other batches have the thread before the next one.
  private var longTurn: Duration { .milliseconds(1) }

  /// Computes jobs until none waits, or until the loop was cancelled for the sake of one.
  private func run(_ loop: ComputationLoop) async {
    while !Task.isCancelled, let job = state.withLock({ $0.waiting.popFirst() }) {
      let start = ContinuousClock.now
      let result = await result(of: job, in: loop, from: start)
      if case .failure = result, Task.isCancelled, context.inFlight.reason(for: job) == nil {
        // The request was for the job before: this one has not failed.
        state.withLock { $0.waiting.append(job) }
      } else {
        state.withLock { $0.ready.append((job, result)) }
      }
      if ContinuousClock.now - start > longTurn { await Task.yield() }
    }
    state.withLock { $0.loops -= 1 }
  }

  private func result(of job: Job, in loop: ComputationLoop, from start: ContinuousClock.Instant) async -> Outcome {
    let input: Kind.Input
    switch inputs[job.id] {
    case nil: return .failure(JobFailure("no input: load did not answer for this job"))
    case .failure(let failure): return .failure(failure)
    case .success(let read): input = read
    }
    let untilDeadline = untilDeadline(job)
    if let untilDeadline, untilDeadline <= .zero { return .success(.discard(deadlinePassed)) }
    loop.begins(job)
    context.inFlight.began(
      job, timesOut: start + kind.definition.timeout, deadline: untilDeadline.map { start + $0 }, cancel: loop.cancel)
    defer { context.inFlight.computed(job) }
    do {
      return .success(try await kind.compute(input, for: job))
    } catch {
      return .failure(error)
    }
  }
}

/// Why a job beyond its deadline is discarded.
let deadlinePassed = "its deadline passed"

/// One loop's handle: what cancels it, and which job it is at.
private final class ComputationLoop: Sendable {
  private struct State {
    var job: Job?
    var task: Task<Void, Never>?
    var isCancelled = false
  }

  private let inFlight: InFlight
  private let state = Mutex(State())

  init(inFlight: InFlight) {
    self.inFlight = inFlight
  }

  func runs(as task: Task<Void, Never>) {
    let isCancelled = state.withLock { state in
      state.task = task
      return state.isCancelled
    }
    if isCancelled { task.cancel() }
  }

  func begins(_ job: Job) {
    state.withLock { $0.job = job }
  }

  @Sendable func cancel() {
    let task = state.withLock { state in
      state.isCancelled = true
      return state.task
    }
    task?.cancel()
  }

  @Sendable func report(_ progress: JobQueue.Progress) {
    if let job = state.withLock({ $0.job }) { inFlight.report(progress, of: job) }
  }
}
