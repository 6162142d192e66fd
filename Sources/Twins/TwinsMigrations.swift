import Queue

/// The steps that create the twin tables and what belongs to them.
public enum TwinsMigrations {
  /// Numbers 20 … 29; `@twins@` in them stands for the quoted name of the twin tables' schema.
  public static let all: [Migration] = [
    Migration(
      20, "twin_tables", up: Embedded.Migrations._0020_twin_tables_up,
      down: Embedded.Migrations._0020_twin_tables_down),
    Migration(
      21, "twin_changes", up: Embedded.Migrations._0021_twin_changes_up,
      down: Embedded.Migrations._0021_twin_changes_down),
    Migration(
      22, "twin_functions", up: Embedded.Migrations._0022_twin_functions_up,
      down: Embedded.Migrations._0022_twin_functions_down),
    Migration(
      23, "results", up: Embedded.Migrations._0023_results_up, down: Embedded.Migrations._0023_results_down),
    Migration(
      24, "insights", up: Embedded.Migrations._0024_insights_up, down: Embedded.Migrations._0024_insights_down),
    Migration(
      26, "subjects", up: Embedded.Migrations._0026_subjects_up, down: Embedded.Migrations._0026_subjects_down),
    Migration(
      27, "domain_tables", up: Embedded.Migrations._0027_domain_tables_up,
      down: Embedded.Migrations._0027_domain_tables_down),
  ]
}
