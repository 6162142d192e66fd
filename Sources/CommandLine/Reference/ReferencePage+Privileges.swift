extension ReferencePage {
  /// Each role against each function, view and table. A test tries every cell on a server.
  /// - Parameters:
  ///   - roles: by name of the function, the roles that are granted to call it.
  ///   - definers: functions that run with the rights of their owner.
  static func privileges(
    _ functions: [DocumentedFunction], _ relations: [DocumentedRelation], roles: [String: Set<String>],
    definers: Set<String>
  ) -> ReferencePage {
    ReferencePage("privileges.md", title: "Privileges") { page in
      page.paragraph(
        """
        `roles.sql` grants these rights, and no others. "yes" is allowed, and "no" is denied with SQLSTATE 42501. The
        columns are the roles without their prefix `twinmill_`. A login that is a member of none of them may do nothing:
        it has no right on the schema. The [threat model](../threat-model.md) says what each role can do at worst.
        """)
      page.heading(2, "Functions")
      page.paragraph(
        """
        A function with the rights of its owner takes plain values and touches Twinmill's tables only. No function that a
        trigger calls is here: nobody but the owner may call one, or make a trigger of it.
        """)
      page.table(
        ["function", "rights of"] + Role.allCases.map(\.rawValue),
        Dictionary(grouping: functions, by: \.name).sorted { $0.key < $1.key }.map { name, _ in
          [Markdown.code(name), definers.contains(name) ? "owner" : "caller"]
            + Role.allCases.map { $0.includes.isDisjoint(with: roles[name] ?? []) ? "no" : "yes" }
        })
      page.heading(2, "Views and tables")
      page.paragraph(
        """
        Each cell lists the rights; a dash stands for none. `UPDATE*` is the right to some columns: those of results, in a
        row that an application wrote. The daemons lock rows of `turns`, and so need the right to update them.
        """)
      page.table(
        ["relation"] + Role.allCases.map(\.rawValue),
        relations.map { relation in
          [Markdown.code("\(relation.schema).\(relation.name)")]
            + Role.allCases.map { role in
              let rights = role.rights(on: relation)
              return rights.isEmpty ? "–" : rights.joined(separator: ", ")
            }
        })
    }
  }

  /// A role of Twinmill, without its prefix.
  private enum Role: String, CaseIterable {
    case enqueue, operate, read, worker

    /// The roles whose rights it has.
    var includes: Set<String> {
      self == .operate ? ["twinmill_operate", "twinmill_enqueue", "twinmill_read"] : ["twinmill_\(rawValue)"]
    }

    /// As roles.sql grants them.
    func rights(on relation: DocumentedRelation) -> [String] {
      switch self {
      case .enqueue: []
      case .operate, .read: ["SELECT"]
      case .worker: ["SELECT"] + Self.writes(to: relation)
      }
    }

    private static func writes(to relation: DocumentedRelation) -> [String] {
      if relation.isView { return [] }
      switch (relation.schema, relation.name) {
      case ("twinmill", "turns"): return ["UPDATE"]
      case ("twinmill", "settings"), ("twinmill", "migrations"), ("twinmill", "routines"), ("twinmill", "job_tables"),
        ("twinmill", "created_objects"):
        return []
      case ("twinmill", _): return ["INSERT", "UPDATE", "DELETE"]
      case (_, "user_digital_twins"): return []
      case (_, "twin_correlations"): return ["INSERT", "DELETE"]
      case (_, "product_effects"): return ["INSERT", "UPDATE*", "DELETE"]
      case (_, "twin_insights"), (_, "twin_recommendations"): return ["INSERT", "UPDATE"]
      default: return ["INSERT"]
      }
    }
  }
}
