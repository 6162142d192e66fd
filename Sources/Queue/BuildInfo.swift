/// The version of the code that is running: part of every result's lineage.
public enum BuildInfo {
  /// Semantic version of this build. Results computed by another version are computed anew.
  public static let version = "0.1.0"
}
