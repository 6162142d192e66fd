import Analysis
import Queue
import Twins

/// All that effects are computed from: the twin's usable records and the job's arguments.
public struct EffectInput: Sendable {
  let records: TwinRecords
  let arguments: EffectArguments
  /// The interventions that are asked for, by start; those without a known start have no before.
  let uses: [InterventionUse]
  /// How many more there are than `mostUses`; the oldest are left out.
  let surplus: Int

  /// Most interventions of one job: each is estimated beside all others, on every metric.
  static let mostUses = 100

  /// - Throws: a permanent `JobFailure` when the job asks for interventions that never were.
  init(_ twin: ResolvedTwin, _ arguments: EffectArguments) throws(JobFailure) {
    // Observed factors are covariates here, whatever interventions are asked for.
    records = try TwinRecords(twin, RecordChoice(metrics: arguments.metrics, historyDays: arguments.historyDays))
    self.arguments = arguments
    let names = Set(records.uses.map(\.factor))
    let wanted = arguments.factors.map { Set($0.map(InterventionUse.spelling)) }
    let unknown = (wanted ?? []).subtracting(names).sorted()
    guard unknown.isEmpty else {
      throw JobFailure(
        "\(twin.name) never had \(unknown.joined(separator: ", ")); it had "
          + (names.isEmpty ? "no intervention" : names.sorted().joined(separator: ", ")), isPermanent: true)
    }
    let asked = records.uses.filter { $0.start != nil && wanted?.contains($0.factor) ?? true }
    surplus = max(0, asked.count - Self.mostUses)
    uses = Array(asked.suffix(Self.mostUses))
  }

  /// Why there is nothing to judge, if there is not.
  var nothing: String? {
    let domain = records.domain
    if domain.interventions.isEmpty { return "domain \(domain.name) names no interventions" }
    if records.metrics.isEmpty { return "no metric is observed" }
    return uses.isEmpty ? "no intervention with a known start is recorded" : nil
  }

  /// See `TwinRecords.hash`; the interventions asked for count too. Where there is nothing to judge the observations
  /// change nothing.
  func hash(of kind: KindDefinition) -> String {
    var hash = records.hash(of: kind, nothing: nothing)
    hash.combine(asked: arguments.factors)
    return hash.hex
  }
}
