import FoundationEssentials
import Queue
import Testing

@testable import CommandLine
@testable import Verifier

@Suite("The checker's report")
struct VerdictTextTests {
  @Test("offenders beyond the first few are only counted; the report says what was not asked")
  func report() {
    var judge = JobJudge(JobJudge.Question(), offenderLimit: 2)
    let claim = UUID(uuidString: "11111111-0000-0000-0000-000000000000")
    let written = WriteSet(attempt: 1, token: claim, rows: 3, distinct: 3, lowest: 1, highest: 3)
    for job in 1...5 {
      var witness = JobWitness(job: JobID(job))
      witness.writes = [written]
      judge.judge(witness)
    }
    let text = judge.verdict.text
    #expect(text.hasSuffix("writes: and 3 more\nrefuted"))
    #expect(text.contains("acknowledged  not asked"))
    #expect(text.contains("attempts      no case"))
    #expect(
      text.contains(
        "writes: job 1: expected no rows of a job that is neither final nor live; "
          + "seen: 3 rows 1…3 by attempt 1, claim 11111111"))
    #expect(judge.verdict.jsonText.hasPrefix("{\"proven\":false,"))
    #expect(judge.verdict.jsonText.contains("{\"check\":\"writes\",\"verdict\":\"refuted\",\"refutations\":5,"))
  }
}
