import Glibc

/// A history seen through one seasonal adjustment.
struct AdjustedHistory {
  /// The season taken out; `nil` when there is none.
  let indices: SeasonalIndices?
  /// The values without it.
  let values: [Double]
  /// Their logarithms; `nil` when a value is not positive.
  let logarithms: [Double]?

  init(_ values: ArraySlice<Double>, indices: SeasonalIndices?, needsLogarithms: Bool) {
    self.indices = indices
    let adjusted = indices?.adjusted(values) ?? Array(values)
    self.values = adjusted
    var logarithms: [Double]?
    if needsLogarithms, !adjusted.contains(where: { $0 <= 0 }) { logarithms = adjusted.map { log($0) } }
    self.logarithms = logarithms
  }
}

/// One forecaster of the pool: a model behind an adjustment and perhaps a logarithm.
struct PoolMember: Sendable {
  /// Index of the seasonal adjustment in the plan.
  let adjustment: Int
  /// Whether the model sees logarithms.
  let isLogarithmic: Bool
  /// The model.
  let model: any ForecastModel
  /// The name shown in results.
  let name: String

  /// Fits and forecasts; `nil` when the history does not allow it (too short, or logarithms of values that are not
  /// positive).
  ///
  /// - Parameter isKept: whether the parameters of `previous` are kept instead of searched again.
  func run(
    _ history: AdjustedHistory, horizon: Int, previous: (any FittedModel)?, isKept: Bool
  ) -> (fit: any FittedModel, components: ForecastComponents)? {
    func fit<M: ForecastModel>(_ model: M, _ values: [Double]) -> (any FittedModel)? {
      do throws(ForecastingError) {
        let previous = previous as? M.Fitted
        if isKept, let previous { return try model.update(previous, with: values) }
        return try model.fit(values, from: previous)
      } catch {
        return nil
      }
    }
    let values: [Double]
    if isLogarithmic {
      guard let logarithms = history.logarithms else { return nil }
      values = logarithms
    } else {
      values = history.values
    }
    guard let fit = fit(model, values) else { return nil }
    var components = fit.components(horizon: horizon)
    if isLogarithmic {
      var previous = components.level
      let path = components.trend.map { step in
        previous += step
        return exp(previous)
      }
      let seasonal = zip(components.mean, path).map { clamped(exp($0) - $1) }
      components = ForecastComponents(level: exp(components.level), path: path, seasonal: seasonal)
    }
    if let indices = history.indices {
      var previous = components.level
      let path = components.trend.map { step in
        previous += step
        return previous
      }
      let whole = indices.seasonalised(path, from: values.count)
      components = ForecastComponents(
        level: components.level, path: path, seasonal: zip(whole, path).map { clamped($0 - $1) })
    }
    return (fit, components)
  }
}
