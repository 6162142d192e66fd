import Foundation

/// The numbers of the cases to try; case n is the same in every run.
///
/// `TWINMILL_FUZZ_SEED` says from which number on (default 1), `TWINMILL_FUZZ_CASES` how many (default 60), or
/// `TWINMILL_FUZZ_SECONDS` for how long instead.
public struct CaseNumbers: Sequence, IteratorProtocol {
  private let end: Int
  private let deadline: ContinuousClock.Instant?
  private var number: Int

  /// Reads the case numbers that the environment asks for.
  public init() {
    func setting(_ name: String) -> Int? { ProcessInfo.processInfo.environment[name].flatMap { Int($0) } }
    let seconds = setting("TWINMILL_FUZZ_SECONDS")
    number = setting("TWINMILL_FUZZ_SEED") ?? 1
    end = seconds == nil ? number + (setting("TWINMILL_FUZZ_CASES") ?? 60) : .max
    deadline = seconds.map { .now + .seconds($0) }
  }

  /// The next number; nil when all cases are done, or the time is up.
  public mutating func next() -> Int? {
    guard number < end, deadline.map({ .now < $0 }) ?? true else { return nil }
    defer { number += 1 }
    return number
  }
}
