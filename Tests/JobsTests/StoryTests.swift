import Testing

@testable import Analysis
@testable import Jobs
@testable import Twins

@Suite("Texts and their evidence")
struct StoryTests {
  @Test(
    "numbers are printed with three significant digits",
    arguments: [
      (0, "0"), (62.44, "62.4"), (62.45, "62.5"), (-3.2, "-3.20"), (0.012345, "0.0123"), (315.4, "315"),
      (999.96, "1000"),
      (12_345, "12300"), (1.2345e13, "1.23e13"), (9.999e5, "1.00e6"), (4.1e-7, "4.10e-7"), (0.99999, "1.00"),
      (0.000_41, "0.000410"), (1e-300, "1.00e-300"), (.leastNonzeroMagnitude, "5e-324"), (1.7e308, "1.70e308"),
    ])
  func numbers(_ number: Double, _ text: String) {
    #expect(NumberText.text(number) == text)
    #expect(Double(text).map { abs($0 - number) <= 0.006 * abs(number) } == true)
  }

  @Test("each printed number stands once in the evidence, exactly as printed, names with digits whole")
  func rows() {
    let metric = Metric.points("PM 2.5", unit: "µg/m3")
    let source = EvidenceSource(.detection, job: 9, metric: metric)
    let mean = source.value("mean", 41.27)
    let story = Story(
      title: "\(Word(metric.label)) is \(mean) \(Word(metric.unit))",
      description: ["Its mean is \(mean), its share \(source.percent("share", 0.129)) %.", "No number."],
      source: source, unprinted: [source.value("n", 12), mean])
    #expect(story.title == "PM 2.5 is 41.3 µg/m3")
    #expect(story.description == "Its mean is 41.3, its share 13 %. No number.")
    #expect(story.evidence.map(\.text) == ["PM 2.5", "41.3", "µg/m3", "13", nil])
    #expect(story.evidence.map(\.name) == ["name", "mean", "name", "share", "n"], "what is printed is not told twice")
    #expect(PrintedNumbers.unaccounted(in: story).isEmpty)
    let without = story.evidence.compactMap(\.text).filter { $0 != "13" }
    #expect(PrintedNumbers.unaccounted(in: story.description, evidence: without) == [", its share 13 %. No number."])
  }

  @Test("the check itself finds a number within a longer one")
  func check() {
    #expect(PrintedNumbers.unaccounted(in: "it is 13.5", evidence: ["3"]) == ["it is 13.5"])
    #expect(PrintedNumbers.unaccounted(in: "it is 3.", evidence: ["3"]).isEmpty)
    #expect(PrintedNumbers.unaccounted(in: "from -3 to 3", evidence: ["-3"]) == [" to 3"])
  }

  @Test("a title is cut between its parts and stays within the column, however long the words")
  func long() {
    let metric = Metric.points(String(repeating: "long name 7 ", count: 100_000), unit: "\u{0}\n\t")
    let source = EvidenceSource(.detection, job: 9, metric: metric)
    let number = source.value("mean", 123.4)
    let part: Sentence = "\(Word(metric.label)) \(number) "
    let story = Story(title: part + part + part + part + part + part, description: [part], source: source)
    #expect(story.title.unicodeScalars.count <= 255 && story.title.contains("123"))
    #expect(PrintedNumbers.unaccounted(in: story).isEmpty)
    #expect(Word(metric.unit).text.isEmpty)
  }
}

extension Metric {
  /// A metric of 0 to 100 that a definition made.
  static func points(_ label: String, unit: String = "points") -> Metric {
    Metric(
      name: "m", label: label, unit: unit, minimum: 0, maximum: 100, direction: .higher, intervalSeconds: 86_400,
      seasonSeconds: [604_800], aggregation: .mean)
  }
}
