import Testing

@testable import Simulation

@Suite("Numbers in texts")
struct TextCheckTests {
  private func point(_ text: String?, _ value: Double? = nil) -> EvidencePoint {
    EvidencePoint(
      source: "detection", jobId: 1, metric: nil, name: "mean", value: value, text: text, at: nil, from: nil,
      until: nil)
  }

  private func check(_ title: String, _ evidence: [EvidencePoint]) -> TextCheck {
    TextCheck([TextCheck.Told(twin: 0, title: title, description: "", evidence: evidence)])
  }

  @Test("every number with evidence, dates and names included")
  func good() {
    let result = check(
      "Redness fell by 4.25 points after retinol 0.3% began on 2026-03-12, in 2 steps of 2",
      [
        point("4.25", 4.2512), point("retinol 0.3%"), point("2026-03-12"), point("2", 2), point("2", 2),
        point(nil, 17),
      ])
    #expect(result.numbersWithoutEvidence == 0)
    #expect(result.evidenceWithoutNumber == 0)
    #expect(result.textsUnlikeTheirValue == 0)
    #expect(result.numbers == 5)
  }

  @Test("a number without evidence is found, also inside of a longer one")
  func missing() {
    #expect(check("rose by 14.2 points", [point("4.2", 4.2)]).numbersWithoutEvidence == 1)
    #expect(check("rose by 4.25 points", [point("4.2", 4.2)]).numbersWithoutEvidence == 1)
    #expect(check("rose by 3 points", []).numbersWithoutEvidence == 1)
    #expect(check("rose by 4,200 points", [point("4", 4)]).numbersWithoutEvidence == 1)
  }

  @Test("evidence of a number that is not printed, or not as often, is found")
  func unused() {
    #expect(check("rose", [point("3", 3)]).evidenceWithoutNumber == 1)
    #expect(check("rose by 3", [point("3", 3), point("3", 3)]).evidenceWithoutNumber == 1)
  }

  @Test("a text that says another number than its value is found")
  func unlike() {
    #expect(check("rose by 4.2", [point("4.2", 4.26)]).textsUnlikeTheirValue == 1)
    #expect(check("rose by 4.2", [point("4.2", 4.24)]).textsUnlikeTheirValue == 0)
    #expect(check("rose by 1.2e7", [point("1.2e7", 12_400_000)]).textsUnlikeTheirValue == 0)
    #expect(check("rose by 12500", [point("12500", 12_512)]).textsUnlikeTheirValue == 0)
    #expect(check("fell by -0.5", [point("-0.5", 0.5)]).textsUnlikeTheirValue == 1)
  }
}
