import Glibc

extension ARIMA {
  /// A fitted ARIMA model.
  public struct Fitted: FittedModel {
    /// The model with its order.
    public let model: ARIMA
    /// φ, Φ, θ, Θ in this order; signs as in the model's formula with θ(B) = 1 + θ_1 B + ….
    public let coefficients: [Double]
    /// c, the mean of the differences; 0 without one.
    public let constant: Double
    /// σ², the maximum likelihood estimate of the innovations' variance.
    public let variance: Double
    /// Logarithm of the likelihood of the differences, all constants included.
    public let logLikelihood: Double
    /// One-step errors; NaN where the value or a difference is missing, and for those that differencing takes.
    public let residuals: [Double]
    /// Numbers that the search found.
    let search: [Double]
    private let process: ARMAProcess
    private let state: [Double]
    /// Newest last; missing ones at their forecast.
    private let filled: [Double]
    private let count: Int

    /// The name of the model.
    public var name: String { model.name }

    init(
      model: ARIMA, search: [Double], coefficients: [Double], process: ARMAProcess, values: [Double], sample: Sample,
      filter: ARMAFilter
    ) {
      self.model = model
      self.search = search
      self.coefficients = coefficients
      self.process = process
      count = sample.count
      // Errors are linear in c, which is known when the pass has ended.
      var errors = [SIMD2<Double>](repeating: SIMD2(.nan, 0), count: sample.lanes.count)
      let (sums, lanes) = filter.run(sample.lanes) { t, v, _ in errors[t] = v }
      let likelihood = ARIMA.deviance(sample, sums)
      constant = likelihood.constant
      variance = likelihood.variance
      logLikelihood = -0.5 * Double(count) * (likelihood.value + log(2 * Double.pi) + 1)
      let c = constant
      state = lanes.map { $0.x - c * $0.y }
      let lost = model.order.lost
      let own = errors.map { $0.x - c * $0.y }
      residuals = [Double](repeating: .nan, count: min(lost, values.count)) + own
      filled = Self.filled(values, weights: Differences.weights(model.order), constant: c)
    }

    /// Missing values at what the differences before them and the mean of the differences lead to.
    private static func filled(_ values: [Double], weights: [Double], constant: Double) -> [Double] {
      guard values.contains(where: \.isNaN) else { return values }
      let first = values.first { !$0.isNaN } ?? 0
      var filled = values
      for t in values.indices where values[t].isNaN {
        if t < weights.count {
          filled[t] = t > 0 ? filled[t - 1] : first
        } else {
          var value = constant
          for (k, a) in weights.enumerated() { value += a * filled[t - 1 - k] }
          filled[t] = clamped(value)
        }
      }
      return filled
    }

    /// Akaike's criterion with the correction for short samples (Hurvich and Tsai 1989); infinite when the sample is too
    /// short for it.
    public var correctedCriterion: Double {
      let k = Double(search.count + (model.hasConstant ? 1 : 0) + 1)
      let n = Double(count)
      guard n > k + 1 else { return .infinity }
      return -2 * logLikelihood + 2 * k * n / (n - k - 1)
    }

    /// Whether every root of the four polynomials is further from 0 than `distance`.
    func rootsLie(beyond distance: Double) -> Bool {
      let o = model.order
      var rest = coefficients[...]
      for (count, sign, lag) in [
        (o.autoregression, 1.0, 1), (o.seasonalAutoregression, 1, o.period), (o.movingAverage, -1, 1),
        (o.seasonalMovingAverage, -1, o.period),
      ] {
        let own = rest.prefix(count)
        rest = rest.dropFirst(count)
        // Roots of a polynomial in B^m are the m-th roots of its own.
        let stretch = pow(distance, Double(lag))
        var power = 1.0
        let scaled = own.map { coefficient in
          power *= stretch
          return sign * coefficient * power
        }
        if ARMAProcess.partial(coefficients: scaled) == nil { return false }
      }
      return true
    }

    /// The fitted parameters.
    public var parameters: [ModelParameter] {
      let o = model.order
      var names: [String] = []
      for (name, count) in [
        ("autoregression", o.autoregression), ("seasonal autoregression", o.seasonalAutoregression),
        ("moving average", o.movingAverage), ("seasonal moving average", o.seasonalMovingAverage),
      ] {
        names += (0..<count).map { "\(name) \($0 + 1)" }
      }
      var result = zip(names, coefficients).map { ModelParameter($0, $1) }
      if model.hasConstant {
        result.append(
          ModelParameter(o.differences + o.seasonalDifferences > 0 ? "drift" : "mean", drift, hasUnits: true))
      }
      return result
    }

    /// c a step: over a cycle the mean difference is m times the drift.
    private var drift: Double { constant / Double(model.order.seasonalDifferences == 1 ? model.order.period : 1) }

    /// The path of the mean. With a season the level is the mean of the cycle around it, of history and forecasts.
    public func components(horizon: Int) -> ForecastComponents {
      let o = model.order
      let period = o.seasonalAutoregression + o.seasonalDifferences + o.seasonalMovingAverage > 0 ? o.period : 1
      let half = period / 2
      let mean = path(horizon + half)
      if period == 1 {
        return ForecastComponents(
          level: filled[filled.count - 1], path: mean, seasonal: [Double](repeating: 0, count: horizon))
      }
      let past = filled.suffix(half + 1)
      let all = [Double](repeating: past[past.startIndex], count: half + 1 - past.count) + past + mean
      // all[half] is the newest sample; a window of an even period counts its ends half.
      let level = (0...horizon).map { j in
        var sum = 0.0
        for k in 0...(2 * half) {
          let isEnd = period % 2 == 0 && (k == 0 || k == 2 * half)
          sum += all[j + k] / Double(period) * (isEnd ? 0.5 : 1)
        }
        return clamped(sum)
      }
      let levels = Array(level.dropFirst())
      return ForecastComponents(level: level[0], path: levels, seasonal: zip(mean, levels).map { clamped($0 - $1) })
    }

    private func path(_ horizon: Int) -> [Double] {
      let phi = process.autoregression
      let weights = Differences.weights(model.order)
      var state = state + [0]
      var all = Array(filled.suffix(max(weights.count, 1)))
      let known = all.count
      for _ in 0..<horizon {
        var value = state[0] + constant
        for (k, a) in weights.enumerated() where all.count - 1 - k >= 0 { value += a * all[all.count - 1 - k] }
        all.append(clamped(value))
        let head = state[0]
        for i in 0..<(state.count - 1) { state[i] = (i < phi.count ? phi[i] : 0) * head + state[i + 1] }
      }
      return Array(all[known...])
    }

    /// σ √(Σ ψ²), ψ the weights of past errors in the summed process.
    public func standardErrors(horizon: Int) -> [Double] {
      let weights = Differences.weights(model.order)
      let sigma = variance.squareRoot()
      var psi = process.psi(horizon)
      var sum = 0.0
      return (0..<horizon).map { j in
        for (k, a) in weights.prefix(j).enumerated() { psi[j] += a * psi[j - 1 - k] }
        sum += psi[j] * psi[j]
        return clamped(sigma * sum.squareRoot())
      }
    }
  }
}
