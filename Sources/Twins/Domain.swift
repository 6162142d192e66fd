import Postgres

/// A kind of twin: which metrics and factors it has, and the statements that read them. Made of the files of its folder.
public struct Domain: Sendable {
  /// Unique; `user_digital_twins.domain`.
  public let name: String
  /// One line for people.
  public let summary: String
  /// The metrics it defines, in the order of the file.
  public let metrics: [Metric]
  /// How metrics that the file does not name are treated; nil = they are ignored.
  public let anyMetric: Metric?
  /// Inputs that may act on the metrics, in the order of the file.
  public let factors: [Factor]
  /// The kinds of event whose effect is asked for, in the order of the file.
  public let interventions: [Intervention]
  /// States worth a look when they last.
  public let thresholds: [Threshold]
  /// Steps that a prediction looks ahead when the job does not say.
  public let horizon: Int
  /// Most samples of a metric that are used, counted back from the newest. Too low loses long seasons; too high costs
  /// memory and time for history that no longer says anything.
  public let historyPoints: Int
  /// Words for results: `twin`, `subject`, `better`, `worse`.
  public let wording: [String: String]
  /// How many insights a twin may have, and how far they look back.
  public let insights: InsightSettings
  /// The bar that evidence must meet.
  public let evidence: EvidenceThreshold
  /// States worth telling when they were kept up.
  public let milestones: [Milestone]
  /// Rules for recommendations.
  public let rules: [RecommendationRule]
  /// The schema of its own tables; stands for `@domain@` in the SQL files.
  public let schema: String
  /// Tables of its own that its statements read, with the columns that they need.
  public let tables: [DomainTable]
  /// Changes whenever the definition does: part of every input hash.
  public let fingerprint: String
  /// The definition's text.
  public let definition: String

  /// Creates the domain's own tables and indexes; safe to run again.
  public let schemaScript: String
  /// Ties subjects that have no twin yet, or twins that have no subject; returns one row `registered bigint`.
  public let register: Statement
  /// `$1 uuid[], $2 timestamptz, $3 timestamptz, $4 integer` → `twin_id, metric, observed_at[], values[], skipped`.
  public let observations: Statement
  /// `$1 uuid[], $2 timestamptz, $3 timestamptz` → `twin_id, occurred_at[], event_types[], factors[]`.
  public let events: Statement

  /// Moves staged rows of an import into the domain's table, where it takes imports:
  /// `$1 uuid, $2 text[], $3 text` → see `ImportSummary`.
  public let importing: Statement?

  /// The files of a domain's folder, as embedded.
  public struct Files: Sendable {
    let definition: String
    let schema: String
    let register: String
    let observations: String
    let events: String
    let importing: String?

    /// The bytes of `<domain>.yaml`, `.schema.sql`, `.register.sql`, `.observations.sql`, `.events.sql` and, if it
    /// takes imports, `.import.sql`.
    public init(
      definition: String, schema: String, register: String, observations: String, events: String,
      importing: String? = nil
    ) {
      self.definition = definition
      self.schema = schema
      self.register = register
      self.observations = observations
      self.events = events
      self.importing = importing
    }
  }

  /// Reads a domain from its files.
  /// - Parameters:
  ///   - twinsSchema: schema of the twin tables; stands for `@twins@` in the SQL files.
  ///   - domainSchemas: by name of the domain, the schema of its own tables where it is another than the file says;
  ///     where neither says it, it is the schema of the twin tables.
  /// - Throws: `DomainError.invalid`, naming the domain, the place in the file and the remedy.
  public init(
    _ files: Files, twinsSchema: String, domainSchemas: [String: String] = [:]
  ) throws(DomainError) {
    let text = files.definition
    let file = try DomainFile(text)
    name = file.name
    summary = file.summary
    metrics = file.metrics
    anyMetric = file.anyMetric
    factors = file.factors
    interventions = file.interventions
    thresholds = file.thresholds
    horizon = file.horizon
    historyPoints = file.historyPoints
    wording = file.wording
    insights = file.insights
    evidence = file.evidence
    milestones = file.milestones
    rules = file.rules
    schema = domainSchemas[file.name] ?? file.schema ?? twinsSchema
    tables = file.tables
    definition = text
    var fingerprint = Fingerprint()
    fingerprint.combine(text)
    self.fingerprint = fingerprint.hex
    let schemas = ["twins": twinsSchema, "domain": schema]
    schemaScript = Statement("\(file.name).schema", files.schema, schemas: schemas).text
    register = Statement("\(file.name).register", files.register, schemas: schemas)
    observations = Statement("\(file.name).observations", files.observations, schemas: schemas)
    events = Statement("\(file.name).events", files.events, schemas: schemas)
    importing = files.importing.map { Statement("\(file.name).import", $0, schemas: schemas) }
  }

  /// The metric of this name; nil when the domain has no such metric, also when the name is a factor's.
  public func metric(_ name: String) -> Metric? {
    metrics.first { $0.name == name } ?? (factor(name) == nil ? anyMetric?.named(name) : nil)
  }

  /// The factor of this name; nil when the domain has no such factor.
  public func factor(_ name: String) -> Factor? {
    factors.first { $0.name == name }
  }

  /// The intervention that an event of this type begins; nil when its effect is not asked for.
  public func intervention(begunBy eventType: String) -> Intervention? {
    interventions.first { $0.started == eventType || $0.event == eventType }
  }
}

/// A fault of a domain's definition.
public enum DomainError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The definition cannot be used: domain (or "?" when it has no name), where in the file, what is wrong.
  case invalid(domain: String, place: String, problem: String)
  /// Two domains of one name.
  case duplicate(String)

  /// The fault and the remedy.
  public var description: String {
    switch self {
    case .invalid(let domain, let place, let problem):
      "domain \(domain): \(place.isEmpty ? "" : place + ": ")\(problem)"
    case .duplicate(let name):
      "two domains are called \(name); names must be unique"
    }
  }
}

extension Domain {
  /// The tables of its own: schema and name.
  public var inputs: [(schema: String, name: String)] { tables.map { (schema, $0.name) } }
}
