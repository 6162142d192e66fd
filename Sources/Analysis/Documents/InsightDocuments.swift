/// `twin_insights.metadata` of a row: where the episode stands.
package struct InsightMetadata: JSONObject, Hashable {
  package let lineage: Lineage
  package let episode: Episode
  /// From 1, among the episodes that are open; nil when it is not.
  package let rank: Int?

  package init(lineage: Lineage, episode: Episode, rank: Int?) {
    self.lineage = lineage
    self.episode = episode
    self.rank = rank
  }

  package func writeMembers(to json: inout JSONWriter) {
    lineage.writeMembers(to: &json)
    episode.writeMembers(to: &json)
    json.member(CodingKeys.rank, ifPresent: rank)
  }
}

extension InsightMetadata: Decodable {
  private enum CodingKeys: String, CodingKey {
    case rank
  }

  package init(from decoder: any Decoder) throws {
    lineage = try Lineage(from: decoder)
    episode = try Episode(from: decoder)
    rank = try decoder.container(keyedBy: CodingKeys.self).decodeIfPresent(Int.self, forKey: .rank)
  }
}

/// The summary of a job of kind `insight`.
package struct InsightSummary: JSONObject, Equatable {
  package let lineage: Lineage
  /// Episodes that the evaluation saw.
  package let seen: Int
  package let open: Int
  /// Episodes that the evaluation ended.
  package let ended: Int

  package init(lineage: Lineage, seen: Int, open: Int, ended: Int) {
    self.lineage = lineage
    self.seen = seen
    self.open = open
    self.ended = ended
  }

  package func writeMembers(to json: inout JSONWriter) {
    lineage.writeMembers(to: &json)
    json.member(CodingKeys.seen, seen)
    json.member(CodingKeys.open, open)
    json.member(CodingKeys.ended, ended)
  }
}

extension InsightSummary: Decodable {
  private enum CodingKeys: String, CodingKey {
    case seen, open, ended
  }

  package init(from decoder: any Decoder) throws {
    lineage = try Lineage(from: decoder)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    seen = try container.decode(Int.self, forKey: .seen)
    open = try container.decode(Int.self, forKey: .open)
    ended = try container.decode(Int.self, forKey: .ended)
  }
}
