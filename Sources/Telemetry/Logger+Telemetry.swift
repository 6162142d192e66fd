import Logging

/// The values of a log line by their keys.
package struct TelemetryValues: ExpressibleByDictionaryLiteral {
  private(set) var metadata: Logger.Metadata
  #if DEBUG
    private(set) var keys: Set<TelemetryKey> = []
  #endif

  package init(dictionaryLiteral elements: (TelemetryKey, Logger.MetadataValue)...) {
    metadata = Logger.Metadata(minimumCapacity: elements.count + 1)
    for (key, value) in elements { self[key] = value }
  }

  /// Nil: the line does not have it.
  package subscript(key: TelemetryKey) -> Logger.MetadataValue? {
    get { metadata[key.name] }
    set {
      metadata[key.name] = newValue
      #if DEBUG
        keys.insert(key)
      #endif
    }
  }

  mutating func name(_ event: TelemetryEvent) {
    #if DEBUG
      assert(keys.isSubset(of: event.definition.keys), "\(event) has keys that are not declared: \(keys.map(\.name))")
    #endif
    metadata[TelemetryKey.event.name] = .string(event.rawValue)
  }
}

extension Logger {
  /// Logs an event.
  /// - Parameter level: that of this line, if it is not the event's own: one that its `otherLevel` tells of.
  package func emit(
    _ event: TelemetryEvent, level: Logger.Level? = nil, _ values: @autoclosure () -> TelemetryValues = [:]
  ) {
    let definition = event.definition
    let level = level ?? definition.level
    guard level >= logLevel else { return }
    var values = values()
    values.name(event)
    log(level: level, "\(definition.message)", metadata: values.metadata)
  }
}

extension Logger.MetadataValue {
  /// Ids of jobs and the like, as an array.
  package static func list(_ values: some Sequence<some CustomStringConvertible>) -> Logger.MetadataValue {
    .array(values.map { .string($0.description) })
  }
}
