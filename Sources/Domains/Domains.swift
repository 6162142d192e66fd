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
    definition: PackageResources.skincare_yaml, schema: PackageResources.skincare_schema_sql,
    register: PackageResources.skincare_register_sql, observations: PackageResources.skincare_observations_sql,
    events: PackageResources.skincare_events_sql)

  private static let reactor = Domain.Files(
    definition: PackageResources.reactor_yaml, schema: PackageResources.reactor_schema_sql,
    register: PackageResources.reactor_register_sql, observations: PackageResources.reactor_observations_sql,
    events: PackageResources.reactor_events_sql)

  private static let goals = Domain.Files(
    definition: PackageResources.goals_yaml, schema: PackageResources.goals_schema_sql,
    register: PackageResources.goals_register_sql, observations: PackageResources.goals_observations_sql,
    events: PackageResources.goals_events_sql)

  private static let propositions = Domain.Files(
    definition: PackageResources.propositions_yaml, schema: PackageResources.propositions_schema_sql,
    register: PackageResources.propositions_register_sql,
    observations: PackageResources.propositions_observations_sql, events: PackageResources.propositions_events_sql)

  private static let tasks = Domain.Files(
    definition: PackageResources.tasks_yaml, schema: PackageResources.tasks_schema_sql,
    register: PackageResources.tasks_register_sql, observations: PackageResources.tasks_observations_sql,
    events: PackageResources.tasks_events_sql)

  private static let sensor = Domain.Files(
    definition: PackageResources.sensor_yaml, schema: PackageResources.sensor_schema_sql,
    register: PackageResources.sensor_register_sql, observations: PackageResources.sensor_observations_sql,
    events: PackageResources.sensor_events_sql, importing: PackageResources.sensor_import_sql)
}
