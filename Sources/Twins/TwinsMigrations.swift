import Queue

/// The steps that create the twin tables and what belongs to them.
public enum TwinsMigrations {
  /// Numbers 20 … 29; `@twins@` in them stands for the quoted name of the twin tables' schema.
  public static let all: [Migration] = [
    Migration(
      20, "twin_tables", up: PackageResources._020_twin_tables_up_sql,
      down: PackageResources._020_twin_tables_down_sql),
    Migration(
      21, "twin_changes", up: PackageResources._021_twin_changes_up_sql,
      down: PackageResources._021_twin_changes_down_sql),
    Migration(
      22, "twin_functions", up: PackageResources._022_twin_functions_up_sql,
      down: PackageResources._022_twin_functions_down_sql),
    Migration(
      23, "results", up: PackageResources._023_results_up_sql, down: PackageResources._023_results_down_sql),
    Migration(
      24, "insights", up: PackageResources._024_insights_up_sql, down: PackageResources._024_insights_down_sql),
    Migration(
      26, "subjects", up: PackageResources._026_subjects_up_sql, down: PackageResources._026_subjects_down_sql),
    Migration(
      27, "domain_tables", up: PackageResources._027_domain_tables_up_sql,
      down: PackageResources._027_domain_tables_down_sql),
  ]
}
