import Yams

/// One mapping of a domain's definition. Reads typed values by key; what does not fit is an error with its place.
struct YAMLMapping {
  private let mapping: Node.Mapping
  private let domain: String
  private let path: String
  private let line: Int?

  /// - Throws: if the node is no mapping.
  init(_ node: Node, domain: String, path: String) throws(DomainError) {
    guard let mapping = node.mapping else {
      throw .invalid(
        domain: domain, place: Self.place(path, node.mark?.line), problem: "must be a mapping of keys to values")
    }
    self.mapping = mapping
    self.domain = domain
    self.path = path
    line = node.mark?.line
  }

  private static func place(_ path: String, _ line: Int?) -> String {
    [path.isEmpty ? nil : path, line.map { "line \($0)" }].compactMap { $0 }.joined(separator: ", ")
  }

  private func path(of key: String) -> String {
    path.isEmpty || key.isEmpty ? path + key : "\(path).\(key)"
  }

  /// An error at a key.
  func fault(_ key: String, _ problem: String) -> DomainError {
    .invalid(domain: domain, place: Self.place(path(of: key), mapping[key]?.mark?.line ?? line), problem: problem)
  }

  /// Refuses keys that are not among these: a mistyped key must not be passed over in silence.
  func allow(_ keys: String...) throws(DomainError) {
    for (key, _) in mapping {
      guard let name = key.string, keys.contains(name) else {
        throw .invalid(
          domain: domain, place: Self.place(path, key.mark?.line),
          problem: "unknown key \"\(key.string ?? "?")\"; known: \(keys.joined(separator: ", "))")
      }
    }
  }

  /// The keys that are texts, in the order of the file.
  var keys: [String] { mapping.keys.compactMap(\.string) }

  // MARK: - Values

  func optionalString(_ key: String) throws(DomainError) -> String? {
    guard let node = mapping[key] else { return nil }
    guard let text = node.scalar?.string else { throw fault(key, "must be a text") }
    return text
  }

  func string(_ key: String) throws(DomainError) -> String {
    guard let text = try optionalString(key) else { throw fault(key, "missing") }
    return text
  }

  func choice(_ key: String, of choices: [String]) throws(DomainError) -> String? {
    guard let text = try optionalString(key) else { return nil }
    guard choices.contains(text) else {
      throw fault(key, "\"\(text)\" is not one of \(choices.joined(separator: ", "))")
    }
    return text
  }

  func number(_ key: String) throws(DomainError) -> Double? {
    guard let node = mapping[key] else { return nil }
    return try finite(node, key)
  }

  func numbers(_ key: String) throws(DomainError) -> [Double]? {
    guard let node = mapping[key] else { return nil }
    guard let sequence = node.sequence else { throw fault(key, "must be a list of numbers") }
    var numbers: [Double] = []
    for item in sequence { numbers.append(try finite(item, key)) }
    return numbers
  }

  func positive(_ key: String) throws(DomainError) -> Double? {
    guard let number = try number(key) else { return nil }
    guard number > 0 else { throw fault(key, "\(number) is not above 0") }
    return number
  }

  /// The lengths of time that a definition may name, in seconds: a millisecond to a hundred years.
  private static let lengths = 0.001...3_155_695_200

  /// A length of time in seconds.
  func length(_ key: String) throws(DomainError) -> Double? {
    guard let number = try number(key) else { return nil }
    return try length(number, key)
  }

  /// Lengths of time in seconds.
  func lengths(_ key: String) throws(DomainError) -> [Double]? {
    guard let numbers = try numbers(key) else { return nil }
    for number in numbers { _ = try length(number, key) }
    return numbers
  }

  private func length(_ number: Double, _ key: String) throws(DomainError) -> Double {
    guard Self.lengths.contains(number) else {
      throw fault(key, "\(number) is no length of time; give seconds, from 0.001 to 3155695200 (100 years)")
    }
    return number
  }

  func integer(_ key: String, in range: ClosedRange<Int>) throws(DomainError) -> Int {
    guard let node = mapping[key] else { throw fault(key, "missing") }
    guard let value = node.int, range.contains(value) else {
      throw fault(key, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  func boolean(_ key: String) throws(DomainError) -> Bool? {
    guard let node = mapping[key] else { return nil }
    guard let value = node.bool else { throw fault(key, "must be true or false") }
    return value
  }

  func stringList(_ key: String) throws(DomainError) -> [String]? {
    guard let node = mapping[key] else { return nil }
    guard let sequence = node.sequence else { throw fault(key, "must be a list") }
    var texts: [String] = []
    for item in sequence {
      guard let text = item.scalar?.string else { throw fault(key, "must be a list of texts") }
      texts.append(text)
    }
    return texts
  }

  func mapping(_ key: String) throws(DomainError) -> YAMLMapping? {
    guard let node = mapping[key] else { return nil }
    return try YAMLMapping(node, domain: domain, path: path(of: key))
  }

  /// The mappings of a list; none when the key is not there.
  func mappings(_ key: String) throws(DomainError) -> [YAMLMapping] {
    guard let node = mapping[key] else { return [] }
    guard let sequence = node.sequence else { throw fault(key, "must be a list") }
    var entries: [YAMLMapping] = []
    for (index, item) in sequence.enumerated() {
      entries.append(try YAMLMapping(item, domain: domain, path: "\(path(of: key))[\(index)]"))
    }
    return entries
  }

  /// All entries as texts.
  func strings() throws(DomainError) -> [String: String] {
    var texts: [String: String] = [:]
    for (key, value) in mapping {
      guard let name = key.string, let text = value.scalar?.string else {
        throw fault(key.string ?? "", "must be a text")
      }
      texts[name] = text
    }
    return texts
  }

  private func finite(_ node: Node, _ key: String) throws(DomainError) -> Double {
    guard let number = node.float, number.isFinite else { throw fault(key, "must be a number") }
    return number
  }
}
