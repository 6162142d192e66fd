import Twins

/// The kinds of twin that come with the program. A new one is a folder and a line in `catalog`.
public enum Domains {
  /// All domains, for twin tables in this schema.
  /// - Parameter domainSchemas: by domain, the schema of its own tables where it is not the one that its file says.
  /// - Throws: `DomainError`, if a definition is wrong.
  public static func catalog(
    twinsSchema: String = "public", domainSchemas: [String: String] = [:]
  ) throws(DomainError) -> DomainCatalog {
    var domains: [Domain] = []
    for files in [skincare, reactor, goals, propositions, tasks, sensor] {
      domains.append(try Domain(files, twinsSchema: twinsSchema, domainSchemas: domainSchemas))
    }
    return try DomainCatalog(domains, twinsSchema: twinsSchema)
  }

  private static let skincare = Domain.Files(
    definition: Embedded.skincare.skincare_yaml, schema: Embedded.skincare.skincare_schema,
    register: Embedded.skincare.skincare_register, observations: Embedded.skincare.skincare_observations,
    events: Embedded.skincare.skincare_events)

  private static let reactor = Domain.Files(
    definition: Embedded.reactor.reactor_yaml, schema: Embedded.reactor.reactor_schema,
    register: Embedded.reactor.reactor_register, observations: Embedded.reactor.reactor_observations,
    events: Embedded.reactor.reactor_events)

  private static let goals = Domain.Files(
    definition: Embedded.goals.goals_yaml, schema: Embedded.goals.goals_schema,
    register: Embedded.goals.goals_register, observations: Embedded.goals.goals_observations,
    events: Embedded.goals.goals_events)

  private static let propositions = Domain.Files(
    definition: Embedded.propositions.propositions_yaml, schema: Embedded.propositions.propositions_schema,
    register: Embedded.propositions.propositions_register,
    observations: Embedded.propositions.propositions_observations, events: Embedded.propositions.propositions_events)

  private static let tasks = Domain.Files(
    definition: Embedded.tasks.tasks_yaml, schema: Embedded.tasks.tasks_schema,
    register: Embedded.tasks.tasks_register, observations: Embedded.tasks.tasks_observations,
    events: Embedded.tasks.tasks_events)

  private static let sensor = Domain.Files(
    definition: Embedded.sensor.sensor_yaml, schema: Embedded.sensor.sensor_schema,
    register: Embedded.sensor.sensor_register, observations: Embedded.sensor.sensor_observations,
    events: Embedded.sensor.sensor_events, importing: Embedded.sensor.sensor_import)
}
