import FoundationEssentials
import Postgres

/// Rows for people (aligned columns) or for programs (a JSON array of objects). A missing value prints as "-", null.
struct Table {
  let columns: [String]
  let rows: [[String?]]
  /// Columns whose text is JSON already (numbers, objects) and is printed as it is with `--json`.
  var rawColumns: Set<String> = []

  func print(json: Bool) {
    Swift.print(json ? jsonText : text)
  }

  var text: String {
    let cells = [columns] + rows.map { $0.map { $0 ?? "-" } }
    let widths = columns.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
    return cells.map { row in
      row.enumerated().map { index, cell in
        index == columns.count - 1 ? cell : cell.padding(to: widths[index])
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }

  var jsonText: String {
    let objects = rows.map { row in
      "{"
        + zip(columns, row).map { column, value in
          JSON.literal(column) + ":"
            + (value.map { rawColumns.contains(column) ? $0 : JSON.literal($0) } ?? "null")
        }.joined(separator: ",") + "}"
    }
    return "[" + objects.joined(separator: ",\n ") + "]"
  }
}

extension String {
  /// With spaces after it, so that it takes at least so many columns.
  func padding(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
