import FoundationEssentials
import Queue
import Twins

/// A twin whose domain this version knows and can read: what every kind that computes from histories begins with.
package struct ResolvedTwin: Sendable {
  package let history: TwinHistory
  package let domain: Domain

  /// The twin's id.
  package var id: UUID { history.twin }

  /// For messages: id, domain and subject.
  package var name: String {
    "twin \(history.twin.text) (domain \(domain.name), subject \(history.subject ?? "unknown"))"
  }

  /// - Parameter catalog: the domains that are known.
  /// - Throws: a permanent `JobFailure` that names the twin, the domain and the remedy.
  package init(_ history: TwinHistory, catalog: DomainCatalog) throws(JobFailure) {
    let twin = "twin \(history.twin.text)"
    guard let name = history.domainName else {
      throw JobFailure(
        "\(twin) has no domain; tie it to one with SELECT twinmill.register_twins('skincare')", isPermanent: true)
    }
    guard let domain = catalog[name] else {
      throw JobFailure(
        "\(twin) is of domain \(name), which this version does not know "
          + "(known: \(catalog.domains.map(\.name).joined(separator: ", "))); run a version that does",
        isPermanent: true)
    }
    guard history.hasTables else {
      throw JobFailure(
        "the tables of domain \(name) (\(domain.tables.map { "\(domain.schema).\($0.name)" }.joined(separator: ", "))) "
          + "do not exist, lack a column, have other types, or the worker may not read them; "
          + (domain.importing == nil
            ? "twinmill domains prepare \(name) creates what is missing, TWINMILL_DOMAIN_SCHEMAS=\(name)=SCHEMA says "
              + "where they are, "
            : "the first import creates them (twinmill import FILE.csv --domain \(name) --twin NAME), ")
          + "and GRANT SELECT lets the worker's role read them", isPermanent: true)
    }
    self.history = history
    self.domain = domain
  }

  /// The twin that a job names, out of the histories that its batch read.
  /// - Throws: a permanent `JobFailure` when the job names none, or one that is gone.
  package init(of job: Job, in histories: [UUID: TwinHistory], catalog: DomainCatalog) throws(JobFailure) {
    guard let twin = job.twinID else { throw JobFailure("a job of kind \(job.kind) needs a twin", isPermanent: true) }
    guard let history = histories[twin] else {
      throw JobFailure("there is no twin \(twin.text) any more; nothing is left to compute", isPermanent: true)
    }
    try self.init(history, catalog: catalog)
  }
}

extension UUID {
  /// In PostgreSQL's spelling.
  package var text: String { uuidString.lowercased() }
}
