import FoundationEssentials
import Simulation

/// Every statement and every planted fact, one JSON object a line: to see why something was false or was not found.
enum ChainDetails {
  private struct Statement: Encodable {
    let stated: String
    let twin: Int
    let metric: String
    let cause: String?
    let direction: Int?
    let lag: Int?
    let days: [Int]?
    let detail: String?
    let surety: Double?
    let text: String
    let isTrue: Bool
    let isDecidable: Bool
    let reason: String
  }

  private struct Planted: Encodable {
    let planted: String
    let twin: Int
    let metric: String
    let cause: String?
    let when: Int
    let direction: Int
    let signal: Double
    let isFindable: Bool
    let isFound: Bool
  }

  static func lines(_ score: ChainScore) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    func line(_ value: some Encodable) throws -> String { String(decoding: try encoder.encode(value), as: UTF8.self) }
    let statements = try score.cases.map { item in
      try line(
        Statement(
          stated: item.fact.kind.rawValue, twin: item.fact.twin, metric: item.fact.metric, cause: item.fact.cause,
          direction: item.fact.direction, lag: item.fact.lag,
          days: item.fact.days.map { [$0.lowerBound, $0.upperBound] }, detail: item.fact.detail,
          surety: item.fact.surety, text: item.fact.text, isTrue: item.judgement.isTrue,
          isDecidable: item.judgement.isDecidable, reason: item.judgement.reason))
    }
    let planted = try score.planted.map { fact, isFound in
      try line(
        Planted(
          planted: fact.kind.rawValue, twin: fact.twin, metric: fact.metric, cause: fact.cause, when: fact.when,
          direction: fact.direction, signal: fact.signal, isFindable: fact.isFindable, isFound: isFound))
    }
    return (statements + planted).map { $0 + "\n" }.joined()
  }
}
