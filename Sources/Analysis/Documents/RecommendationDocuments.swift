import FoundationEssentials
import Twins

/// `twin_recommendations.metadata` of a row: where the recommendation stands and what it rests on.
package struct RecommendationMetadata: JSONObject, Hashable {
  package let lineage: Lineage
  package let recommendation: PriorRecommendation
  /// nil in the metadata of a recommendation that was not given again: what it rested on stays in its row.
  package let restsOn: [Evidence]?

  package init(lineage: Lineage, recommendation: PriorRecommendation, restsOn: [Evidence]?) {
    self.lineage = lineage
    self.recommendation = recommendation
    self.restsOn = restsOn
  }

  package func writeMembers(to json: inout JSONWriter) {
    lineage.writeMembers(to: &json)
    recommendation.writeMembers(to: &json)
    json.member(CodingKeys.restsOn, ifPresent: restsOn)
  }
}

extension RecommendationMetadata: Decodable {
  private enum CodingKeys: String, CodingKey {
    case restsOn = "rests_on"
  }

  package init(from decoder: any Decoder) throws {
    lineage = try Lineage(from: decoder)
    recommendation = try PriorRecommendation(from: decoder)
    // If somebody changed this part, the state of the recommendation is still valid.
    restsOn = try? decoder.container(keyedBy: CodingKeys.self).decodeIfPresent([Evidence].self, forKey: .restsOn)
  }
}

/// An element of `twin_recommendations.products`: a product that the recommendation is about.
package struct RecommendedProduct: JSONObject, Decodable, Hashable {
  package let id: UUID
  package let name: String

  package init(id: UUID, name: String) {
    self.id = id
    self.name = name
  }

  private enum CodingKeys: String, CodingKey {
    case id = "product_id"
    case name
  }

  package func writeMembers(to json: inout JSONWriter) {
    json.member(CodingKeys.id, id.text)
    json.member(CodingKeys.name, name)
  }
}

/// `twin_recommendations.expected_impact`: what is to be expected of a metric.
package struct ExpectedImpact: JSONObject, Decodable, Hashable {
  package let metric: String
  package let label: String
  package let unit: String
  package let mean: Double
  /// Lower bound of the 95 % interval.
  package let lower: Double
  /// Upper bound of the 95 % interval.
  package let upper: Double
  /// Days within which it is to be expected.
  package let horizonDays: Double

  package init(_ metric: Metric, mean: Double, lower: Double, upper: Double, horizonDays: Double) {
    self.metric = metric.name
    label = metric.label
    unit = metric.unit
    self.mean = mean
    self.lower = lower
    self.upper = upper
    self.horizonDays = horizonDays
  }

  private enum CodingKeys: String, CodingKey {
    case metric, label, unit, mean
    case lower = "lo95"
    case upper = "hi95"
    case horizonDays = "horizon_days"
  }

  package func writeMembers(to json: inout JSONWriter) {
    json.member(CodingKeys.metric, metric)
    json.member(CodingKeys.label, label)
    json.member(CodingKeys.unit, unit)
    json.member(CodingKeys.mean, mean)
    json.member(CodingKeys.lower, lower)
    json.member(CodingKeys.upper, upper)
    json.member(CodingKeys.horizonDays, horizonDays)
  }
}

/// The summary of a job of kind `recommendation`.
package struct RecommendationSummary: JSONObject, Equatable {
  package let lineage: Lineage
  package let given: Int
  package let withdrawn: Int

  package init(lineage: Lineage, given: Int, withdrawn: Int) {
    self.lineage = lineage
    self.given = given
    self.withdrawn = withdrawn
  }

  package func writeMembers(to json: inout JSONWriter) {
    lineage.writeMembers(to: &json)
    json.member(CodingKeys.given, given)
    json.member(CodingKeys.withdrawn, withdrawn)
  }
}

extension RecommendationSummary: Decodable {
  private enum CodingKeys: String, CodingKey {
    case given, withdrawn
  }

  package init(from decoder: any Decoder) throws {
    lineage = try Lineage(from: decoder)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    given = try container.decode(Int.self, forKey: .given)
    withdrawn = try container.decode(Int.self, forKey: .withdrawn)
  }
}
