import Analysis
import FoundationEssentials
import Queue
import Twins

/// All that the insights of a twin are computed from.
public struct InsightInput: Sendable {
  let evidence: EvidenceInput
  /// What was seen before, open or ended.
  let episodes: [Episode]

  /// The hash of everything that decides what is seen. What was seen before is left out: it only decides how it is
  /// told, and an evaluation of the same evidence is no second one that could agree with the first.
  func hash(of kind: KindDefinition) -> String { evidence.hash(of: kind).hex }
}
