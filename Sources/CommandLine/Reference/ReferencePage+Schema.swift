extension ReferencePage {
  /// The functions that people and applications call, by the role that may call them.
  /// - Parameter roles: by name of the function, the roles that are granted to call it.
  static func functions(_ functions: [DocumentedFunction], roles: [String: Set<String>]) -> ReferencePage {
    ReferencePage("sql-functions.md", title: "SQL functions") { page in
      page.paragraph(
        """
        All functions are in the schema `twinmill`. A role may call the functions of its section;
        `twinmill_operate` may also call those of `twinmill_enqueue` and `twinmill_read`.
        """)
      for role in Role.allCases {
        let own = functions.filter { roles[$0.name]?.contains(role.rawValue) == true }
        guard !own.isEmpty else { continue }
        page.heading(2, role.rawValue)
        page.paragraph(role.purpose)
        for function in own {
          page.heading(3, function.name)
          page.code(function.signature, language: "sql")
          page.paragraph(function.comment.sentence)
        }
      }
      let daemons = functions.filter { roles[$0.name] == ["twinmill_worker"] }
      page.heading(2, "twinmill_worker")
      page.paragraph("These are the daemons' alone, and may change in any version.")
      page.table(["function", "purpose"], daemons.map { [Markdown.code($0.name), $0.comment] })
      let internals = functions.filter { roles[$0.name, default: []].isEmpty }
      page.heading(2, "No role")
      page.paragraph("Other functions and `twinmill domains prepare` call these. They may change in any version.")
      page.table(["function", "purpose"], internals.map { [Markdown.code($0.name), $0.comment] })
    }
  }

  /// A role of people and applications.
  private enum Role: String, CaseIterable {
    case enqueue = "twinmill_enqueue"
    case operate = "twinmill_operate"
    case read = "twinmill_read"

    var purpose: String {
      switch self {
      case .enqueue: "For applications that ask for work."
      case .operate: "For people who steer jobs, queues and schedules."
      case .read: "For people and programs that look at jobs and results. They read the [views and tables](views.md)."
      }
    }
  }

  /// The views for people and programs, with their columns.
  static func views(_ relations: [DocumentedRelation]) -> ReferencePage {
    ReferencePage("views.md", title: "Views") { page in
      page.paragraph("`twinmill_read` may read these views. The tables behind the views are in [tables.md](tables.md).")
      write(relations.filter(\.isView), to: &page)
    }
  }

  /// The tables, with their columns.
  static func tables(_ relations: [DocumentedRelation]) -> ReferencePage {
    ReferencePage("tables.md", title: "Tables") { page in
      page.paragraph(
        """
        `twinmill_read` may read the tables; nobody but the daemons writes those of the schema `twinmill`. Columns of
        these may change with a version; the views and functions stay.
        """)
      write(relations.filter { !$0.isView }, to: &page)
    }
  }

  private static func write(_ relations: [DocumentedRelation], to page: inout Markdown) {
    page.table(
      ["name", "what it holds"],
      relations.map { ["[`\($0.schema).\($0.name)`](#\($0.anchor))", $0.comment] })
    for relation in relations {
      page.heading(2, "\(relation.schema).\(relation.name)")
      page.paragraph(relation.comment.sentence)
      page.table(
        ["column", "type", "meaning"],
        relation.columns.map { [Markdown.code($0.name), $0.type, $0.comment] })
    }
  }
}

extension DocumentedRelation {
  /// The heading as the target of a link.
  fileprivate var anchor: String { "\(schema)\(name)".lowercased() }
}

extension String {
  /// With a full stop, unless it ends with one.
  fileprivate var sentence: String { isEmpty || hasSuffix(".") ? self : self + "." }
}
