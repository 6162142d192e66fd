/// The bar that evidence must meet before something is stated or recommended on it.
public struct EvidenceThreshold: Sendable, Hashable {
  /// Greatest q value: share of false findings among those reported.
  public var q = 0.02
  /// Fewest observations.
  public var observations = 60
  /// Least partial correlation, without its sign. Less may be real and still matters to nobody.
  public var correlation = 0.2
  /// Least effect, without its sign, in standard deviations of the metric before the start.
  public var effect = 0.3

  /// The defaults: what holds when a domain's `evidence:` does not say.
  public init() {}
}
