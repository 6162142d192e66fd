import Analysis
import FoundationEssentials
import Queue
import Twins

/// The recommendations of a twin, ready to be written.
public struct RecommendationOutput: Sendable {
  /// A row that is written whole.
  struct Row: Sendable {
    let id: UUID
    let type: String
    let priority: Int
    let story: Story
    let products: String
    let actions: String
    let impact: String?
    let metadata: String
  }

  /// A row of which only the metadata is written.
  struct Kept: Sendable {
    let id: UUID
    let metadata: String
  }

  /// What they were made of.
  let record: ResultRecord
  let rows: [Row]
  let kept: [Kept]

  init(_ input: RecommendationInput, _ entries: [RecommendationTracker.Entry], inputHash: String, job: Job) {
    let domain = input.evidence.domain.name
    var rows: [Row] = []
    var kept: [Kept] = []
    for entry in entries {
      var metadata = JSONWriter()
      metadata.object { metadata in
        metadata.lineage(of: job, inputHash: inputHash, domain: domain)
        entry.recommendation.write(to: &metadata)
        guard let advice = entry.advice else { return }
        metadata.key("rests_on")
        metadata.array { list in for row in advice.story.evidence { row.write(to: &list) } }
      }
      guard let advice = entry.advice else {
        kept.append(Kept(id: entry.recommendation.id, metadata: metadata.text))
        continue
      }
      rows.append(Self.row(entry.recommendation, advice, metadata.text))
    }
    self.rows = rows
    self.kept = kept
    var summary = JSONWriter()
    summary.object { summary in
      summary.lineage(of: job, inputHash: inputHash, domain: domain)
      summary.member("given", rows.count)
      summary.member("withdrawn", entries.count { $0.recommendation.state == .withdrawn })
    }
    record = ResultRecord(
      twin: input.evidence.twin, inputHash: inputHash, readAt: input.evidence.readAt, metadata: summary.text)
  }

  private static func row(_ given: PriorRecommendation, _ advice: Advice, _ metadata: String) -> Row {
    var products = JSONWriter()
    products.array { list in
      for product in advice.products {
        list.object {
          $0.member("product_id", product.id.text)
          $0.member("name", product.name)
        }
      }
    }
    var actions = JSONWriter()
    actions.array { list in for action in advice.actions { list.value(action) } }
    var impact: JSONWriter?
    if let expected = advice.impact {
      var json = JSONWriter()
      expected.write(to: &json)
      impact = json
    }
    return Row(
      id: given.id, type: advice.type, priority: advice.priority, story: advice.story, products: products.text,
      actions: actions.text, impact: impact?.text, metadata: metadata)
  }
}
