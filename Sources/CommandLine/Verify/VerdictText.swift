import Postgres
import Verifier

extension Verdict {
  /// For people: a line per check, the first offenders, and the verdict.
  var text: String {
    var lines = [
      Table(
        columns: ["check", "verdict", "refutations", "judged", "promise"],
        rows: Check.allCases.map { check in
          let finding = findings[check]
          return [
            check.rawValue, Self.word(finding), finding.map { String($0.refutations) },
            finding.map { $0.counts.map { "\($0.count) \($0.name)" }.joined(separator: ", ") }, check.promise,
          ]
        }
      ).text
    ]
    for check in Check.allCases {
      guard let finding = findings[check], finding.refutations > 0 else { continue }
      for offender in finding.offenders {
        lines.append("\(check.rawValue): job \(offender.job): expected \(offender.expected); seen: \(offender.seen)")
      }
      let others = finding.refutations - finding.offenders.count
      if others > 0 { lines.append("\(check.rawValue): and \(others) more") }
    }
    lines.append(isProven ? "proven" : "refuted")
    return lines.joined(separator: "\n")
  }

  /// For programs: `{"proven":…,"checks":[{"check":…,"verdict":…,"refutations":…,"judged":{…},"offenders":[…]}]}`.
  var jsonText: String {
    let checks = Check.allCases.map { check in
      let finding = findings[check] ?? CheckResult()
      let judged = finding.counts.map { "\(JSON.literal($0.name)):\($0.count)" }.joined(separator: ",")
      let offenders = finding.offenders.map {
        "{\"job_id\":\($0.job),\"expected\":\(JSON.literal($0.expected)),\"seen\":\(JSON.literal($0.seen))}"
      }
      return "{\"check\":\(JSON.literal(check.rawValue)),\"verdict\":\(JSON.literal(Self.word(findings[check]))),"
        + "\"refutations\":\(finding.refutations),\"judged\":{\(judged)},"
        + "\"offenders\":[\(offenders.joined(separator: ","))]}"
    }
    return "{\"proven\":\(isProven),\"checks\":[\(checks.joined(separator: ",\n "))]}"
  }

  private static func word(_ finding: CheckResult?) -> String {
    guard let finding else { return "not asked" }
    if finding.refutations == 0, finding.counts.allSatisfy({ $0.count == 0 }) { return "no case" }
    return finding.refutations == 0 ? "proven" : "refuted"
  }
}
