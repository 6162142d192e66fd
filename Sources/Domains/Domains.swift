import Twins

/// The kinds of twin that come with the program. A new one is a folder and a line in `catalog`.
public enum Domains {
  /// All domains, for twin tables in this schema.
  /// - Throws: `DomainError`, if a definition is wrong.
  public static func catalog(twinsSchema: String = "public") throws(DomainError) -> DomainCatalog {
    var domains: [Domain] = []
    for files in [skincare, sensor] { domains.append(try Domain(files, twinsSchema: twinsSchema)) }
    return try DomainCatalog(domains, twinsSchema: twinsSchema)
  }

  private static let skincare = Domain.Files(
    definition: PackageResources.skincare_yaml, schema: PackageResources.skincare_schema_sql,
    register: PackageResources.skincare_register_sql, observations: PackageResources.skincare_observations_sql,
    events: PackageResources.skincare_events_sql)

  private static let sensor = Domain.Files(
    definition: PackageResources.sensor_yaml, schema: PackageResources.sensor_schema_sql,
    register: PackageResources.sensor_register_sql, observations: PackageResources.sensor_observations_sql,
    events: PackageResources.sensor_events_sql, importing: PackageResources.sensor_import_sql)
}
