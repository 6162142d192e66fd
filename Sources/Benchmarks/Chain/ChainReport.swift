import FoundationEssentials
import Simulation

/// The report that `bench chain` prints.
struct ChainReport: Encodable {
  let method = """
    Simulated skincare twins with known truth, recorded by COPY; twinmill.recompute for each; one worker process until \
    no job is left, then once more without new data. Every row of the result tables that states something about a cause \
    or a course is held against the simulation. findable: an oracle that knows the noise and all causes but their \
    sizes would find it with power 0.8 at a false discovery rate of 5 %. Intervals are Wilson's.
    """
  let machine: BenchReport.Machine
  let simulation: Simulation
  let score: Score
  var first: ChainRun.Pass?
  var again: ChainRun.Pass?
  var texts: TextCheck?
  var lineage: LineageCheck?

  struct Simulation: Encodable {
    let twins: Int
    let quietTwins: Int
    let days: Int
    let seed: UInt64
    let until: String
    var snapshots: Int?
  }

  struct Score: Encodable {
    let overall: ChainScore.Overall
    let kinds: [String: ChainScore.Kind]
  }

  /// Members by name, in snake case.
  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}
