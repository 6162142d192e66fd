/// The version of the code that is running: part of every result's lineage.
public enum BuildInfo {
  /// Semantic version of this build. It decides nothing: results are computed anew when their kind's `revision` changes.
  public static let version = "0.2.0"
}
