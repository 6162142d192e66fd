import Twins

/// The kinds of twin that come with the program. A new one is a folder and its name in `names`.
public enum Domains {
  /// Folders of this target, in the order of registration. A folder NAME holds `NAME.yaml`, `NAME.schema.sql`,
  /// `NAME.register.sql`, `NAME.observations.sql`, `NAME.events.sql` and, if it takes imports, `NAME.import.sql`.
  private static let names = ["skincare", "reactor", "goals", "propositions", "tasks", "sensor"]

  /// All domains, for twin tables in this schema.
  /// - Parameter domainSchemas: by domain, the schema of its own tables where it is not the one that its file says.
  /// - Throws: `DomainError`, if a definition is wrong.
  public static func catalog(
    twinsSchema: String = "public", domainSchemas: [String: String] = [:]
  ) throws(DomainError) -> DomainCatalog {
    var domains: [Domain] = []
    for name in names {
      domains.append(try Domain(files(of: name), twinsSchema: twinsSchema, domainSchemas: domainSchemas))
    }
    return try DomainCatalog(domains, twinsSchema: twinsSchema)
  }

  private static func files(of name: String) throws(DomainError) -> Domain.Files {
    func text(_ ending: String) throws(DomainError) -> String {
      guard let text = Embedded.text("\(name)/\(name).\(ending)") else {
        throw .invalid(domain: name, place: "", problem: "the file \(name)/\(name).\(ending) is missing; add it")
      }
      return text
    }
    return Domain.Files(
      definition: try text("yaml"), schema: try text("schema.sql"), register: try text("register.sql"),
      observations: try text("observations.sql"), events: try text("events.sql"),
      importing: Embedded.text("\(name)/\(name).import.sql"))
  }
}
