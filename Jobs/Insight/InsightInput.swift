import Analysis
import FoundationEssentials
import Queue
import Twins

/// All that the insights of a twin are computed from.
public struct InsightInput: Sendable {
  let evidence: EvidenceInput
  /// Earlier episodes, open or ended.
  let episodes: [Episode]

  /// The hash of everything that decides what is found. Earlier episodes are left out: they only decide how findings
  /// are told, and a second evaluation of the same evidence confirms nothing.
  func hash(of kind: KindDefinition) -> String { evidence.hash(of: kind).hex }
}
