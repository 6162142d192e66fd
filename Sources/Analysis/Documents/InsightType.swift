/// Types of insight, as in `twin_insights.insight_type`.
package enum InsightType: String, Sendable, Hashable, Decodable, CaseIterable {
  case risk
  case dataQuality = "data_quality"
  case change, trend, anomaly, opportunity, milestone

  /// Of two equally serious ones the lower comes first: what may call for action before what is good to know.
  package var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
