import FoundationEssentials
import Numerics

/// The seed of this run's random cases: `TWINMILL_SEED`, or the clock's. It is part of every failure message.
enum TestSeed {
  static let value: UInt64 = {
    let given = ProcessInfo.processInfo.environment["TWINMILL_SEED"].flatMap { UInt64($0) }
    let seed = given ?? UInt64(Date().timeIntervalSince1970)
    print("TWINMILL_SEED=\(seed)")
    return seed
  }()
}

/// Whether the long forms of the property tests run: `TWINMILL_ALL=1`.
let runsEverything = ProcessInfo.processInfo.environment["TWINMILL_ALL"] == "1"

/// A second, slow reading of crontab(5) over sets of numbers, which shares nothing with the code under test. Valid
/// expressions only.
struct ReferenceCron {
  let sets: [Set<Int>]
  let fields: [String]

  init(_ text: String) {
    fields = text.split(separator: " ").map { $0.uppercased() }
    let months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
    let days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
    let bounds = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 6)]
    sets = zip(fields, bounds).enumerated().map { index, pair in
      func number(_ text: Substring) -> Int {
        if index == 3, let at = months.firstIndex(of: String(text)) { return at + 1 }
        if index == 4, let at = days.firstIndex(of: String(text)) { return at }
        return Int(text) ?? -1
      }
      var set: Set<Int> = []
      for item in pair.0.split(separator: ",") where item != "L" {
        let halves = item.split(separator: "/")
        let ends = halves[0].split(separator: "-")
        var low = pair.1.0
        var high = pair.1.1
        if halves[0] != "*" {
          low = number(ends[0])
          high = ends.count == 2 ? number(ends[1]) : halves.count == 2 ? pair.1.1 : low
          if ends.count == 2, ends[1] == "SUN", low > 0 { high = 7 }
        }
        let step = halves.count == 2 ? Int(halves[1]) ?? 1 : 1
        var at = low
        while at <= high {
          set.insert(index == 4 ? at % 7 : at)
          at += step
        }
      }
      return set
    }
  }

  /// Whether a UTC minute (or a local reading taken as UTC) is planned.
  func matches(_ seconds: Int) -> Bool {
    let minute = seconds / 60
    guard sets[0].contains(minute % 60), sets[1].contains(minute / 60 % 24) else { return false }
    // Days counted forward from 1970 year by year: no arithmetic shared with LocalTime.
    let day = minute / 1_440
    let civil = Self.civil(day)
    guard sets[3].contains(civil.month) else { return false }
    let byDate = sets[2].contains(civil.day) || (fields[2].split(separator: ",").contains("L") && civil.isLast)
    let byWeekday = sets[4].contains((day + 4) % 7)
    return fields[2].hasPrefix("*") || fields[4].hasPrefix("*") ? byDate && byWeekday : byDate || byWeekday
  }

  private static let table: [(month: Int, day: Int, isLast: Bool)] = {
    var table: [(Int, Int, Bool)] = []
    for year in 1970..<2060 {
      let isLeap = year % 4 == 0
      let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
      for month in 1...12 {
        for day in 1...lengths[month - 1] { table.append((month, day, day == lengths[month - 1])) }
      }
    }
    return table
  }()

  private static func civil(_ day: Int) -> (month: Int, day: Int, isLast: Bool) {
    table[day]
  }
}

/// Random expressions: valid ones, and ones with something broken.
enum ExpressionGenerator {
  private static let bounds = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]
  private static let months = ["JAN", "feb", "Mar", "APR", "may", "JUN", "jul", "AUG", "SEP", "oct", "NOV", "DEC"]
  private static let days = ["SUN", "mon", "Tue", "WED", "THU", "fri", "SAT"]

  /// Grammatical (but the days may never come: `30 2`).
  static func valid(using generator: inout SeededRandom) -> String {
    (0..<5).map { field in
      if Int.random(in: 0..<3, using: &generator) == 0 { return "*" }
      return (0..<Int.random(in: 1...3, using: &generator))
        .map { _ in item(field, using: &generator) }.joined(separator: ",")
    }.joined(separator: " ")
  }

  private static func item(_ field: Int, using generator: inout SeededRandom) -> String {
    let (low, high) = bounds[field]
    let first = Int.random(in: low...high, using: &generator)
    let last = Int.random(in: first...high, using: &generator)
    let step = Int.random(in: 1...(field == 4 ? 6 : high), using: &generator)
    switch Int.random(in: 0..<9, using: &generator) {
    case 0: return "*/\(step)"
    case 1: return "\(first)-\(last)"
    case 2: return "\(first)-\(last)/\(step)"
    case 3: return field == 4 && first == 7 ? "0/\(step)" : "\(first)/\(step)"
    case 4 where field == 2: return "L"
    case 5 where field == 3: return months[first - 1]
    case 5 where field == 4: return days[first % 7]
    case 6 where field == 4: return "\(days[max(1, first % 7)])-SUN"
    default: return "\(first)"
    }
  }

  /// A valid expression with one to three characters replaced, removed or put in.
  static func broken(using generator: inout SeededRandom) -> String {
    let alphabet = Array("0123456789*/,-LlWJANmonSUN@? #x:.+é\t")
    var text = Array(valid(using: &generator))
    for _ in 0..<Int.random(in: 1...3, using: &generator) {
      let at = Int.random(in: 0..<text.count, using: &generator)
      let character = alphabet.randomElement(using: &generator) ?? "x"
      switch Int.random(in: 0..<3, using: &generator) {
      case 0: text[at] = character
      case 1: text.insert(character, at: at)
      default: if text.count > 1 { text.remove(at: at) }
      }
    }
    return String(text)
  }
}
