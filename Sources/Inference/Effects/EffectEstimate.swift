/// The effect of an intervention on a metric, and how sure it is.
public struct EffectEstimate: Sendable, Equatable {
  /// Mean of the effect over the samples from the start on, in units of the metric: the posterior mean.
  public let effect: Double
  /// Lower end of the central interval.
  public let lower: Double
  /// Upper end of the central interval.
  public let upper: Double
  /// Probability that the interval holds the effect, such as 0.95.
  public let level: Double
  /// Twice the posterior probability of the less probable sign.
  public let p: Double
  /// Effect in units of the standard deviation of the metric around its mean, trend, season and covariates.
  public let standardised: Double
  /// Observations of the metric before the start.
  public let before: Int
  /// Observations of the metric from the start on.
  public let after: Int
  /// Posterior probability of each course of the effect; they sum to one.
  public let courses: [EffectCourse: Double]
  /// Posterior probability that the metric has a trend of its own.
  public let trendProbability: Double
  /// Posterior mean of the AR(1) coefficient of the errors, measurement noise apart.
  public let autocorrelation: Double
  /// Log of the marginal likelihood of the observations, up to a constant that is the same for every start of one
  /// intervention: by how much more another start is greater, the more surely the change began there.
  public let logEvidence: Double

  /// The interval excludes 0.
  public var isSignificant: Bool { lower > 0 || upper < 0 }
}

/// How an effect may unfold after its start.
public enum EffectCourse: String, Sendable, CaseIterable {
  /// At once and for good.
  case level
  /// Linearly over the whole time after the start.
  case slope
  /// Saturating, with a time constant of 5 samples.
  case quickRamp
  /// Saturating, with a time constant of 20 samples.
  case slowRamp
  /// At once, and then on along a line of its own.
  case levelAndSlope
}
