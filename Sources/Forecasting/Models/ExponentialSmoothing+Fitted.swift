import Glibc

extension ExponentialSmoothing {
  /// A fitted exponential smoothing model.
  public struct Fitted: FittedModel {
    /// The model fitted.
    public let model: ExponentialSmoothing
    /// α, the share of an error that stays in the level.
    public let levelSmoothing: Double
    /// β, the share that stays in the slope.
    public let slopeSmoothing: Double
    /// γ, the share that stays in the season.
    public let seasonSmoothing: Double
    /// φ, the share of the slope that lives on to the next step.
    public let damping: Double
    let searched: SIMD4<Double>
    let start: SIMD2<Double>
    let shift: Double
    let states: States

    init(
      model: ExponentialSmoothing, searched: SIMD4<Double>, parameters: Parameters, start: SIMD2<Double>,
      shift: Double, states: States
    ) {
      self.model = model
      self.searched = searched
      levelSmoothing = parameters.alpha
      slopeSmoothing = parameters.beta
      seasonSmoothing = parameters.gamma
      damping = parameters.phi
      self.start = start
      self.shift = shift
      self.states = states
    }

    /// The name of the model.
    public var name: String { model.name }

    /// One-step errors; relative ones with a multiplicative season.
    public var residuals: [Double] { states.residuals }

    /// The fitted parameters.
    public var parameters: [ModelParameter] {
      var list = [ModelParameter("level smoothing", levelSmoothing)]
      if model.trend != .none { list.append(ModelParameter("slope smoothing", slopeSmoothing)) }
      if model.season != .none { list.append(ModelParameter("season smoothing", seasonSmoothing)) }
      if model.trend == .damped { list.append(ModelParameter("damping", damping)) }
      list.append(ModelParameter("initial level", start[0] + shift, hasUnits: true))
      if model.trend != .none { list.append(ModelParameter("initial slope", start[1], hasUnits: true)) }
      return list
    }

    /// log-likelihood up to a constant that does not depend on the model: −½ (n log Σe² + 2 Σ log|scale|).
    public var logLikelihood: Double { -0.5 * states.deviance }

    /// Akaike's criterion corrected for short series, on the same footing as `logLikelihood`; counts smoothing
    /// parameters, initial states and the variance.
    public var correctedCriterion: Double {
      var k = 2.0
      if model.trend != .none { k += 2 }
      if model.trend == .damped { k += 1 }
      if model.season != .none { k += Double(model.period) }
      k += 1
      let n = Double(states.count)
      return n > k + 1 ? states.deviance + 2 * k * n / (n - k - 1) : .infinity
    }

    /// The path of the mean.
    public func components(horizon: Int) -> ForecastComponents {
      let season = states.season
      var level = states.level
      var slope = states.slope
      var path = [Double](repeating: 0, count: horizon)
      var seasonal = [Double](repeating: 0, count: horizon)
      let isMultiplicative: Bool
      if case .multiplicative = model.season { isMultiplicative = true } else { isMultiplicative = false }
      for j in 0..<horizon {
        slope *= damping
        level += slope
        path[j] = level + shift
        if !season.isEmpty {
          let index = season[(states.steps + j) % season.count]
          seasonal[j] = isMultiplicative ? level * (index - 1) : index
        }
      }
      return ForecastComponents(level: states.level + shift, path: path, seasonal: seasonal)
    }

    /// σ √(1 + Σ c²), c_j = α + β (φ + … + φ^j) + γ [j is a whole cycle]; times the mean with multiplicative errors
    /// (Hyndman et al. 2008, section 6.3; the multiplicative case to first order).
    public func standardErrors(horizon: Int) -> [Double] {
      let sigma = residualVariance.squareRoot()
      let isMultiplicative: Bool
      if case .multiplicative = model.season { isMultiplicative = true } else { isMultiplicative = false }
      let mean = isMultiplicative ? components(horizon: horizon).mean : []
      var variance = 1.0
      var power = 1.0
      var fade = 0.0
      return (0..<horizon).map { j in
        if j > 0 {
          power *= damping
          fade += power
          var c = levelSmoothing + slopeSmoothing * fade
          if model.season != .none, j % model.period == 0 { c += seasonSmoothing }
          variance += c * c
        }
        return sigma * variance.squareRoot() * (isMultiplicative ? abs(mean[j]) : 1)
      }
    }
  }
}
