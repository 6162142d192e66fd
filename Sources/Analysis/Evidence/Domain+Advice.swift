import Twins

extension Domain {
  /// The action for a factor that a metric follows: more or less of it, whichever is for the better.
  ///
  /// nil where nobody can change the factor, where the domain says nothing of it, where it is not known which way the
  /// metric is better, or where the metric is best in the middle.
  package func advice(on relation: Relation, metric: Metric) -> String? {
    guard let factor = factor(relation.factor), factor.isControllable else { return nil }
    let moreIsBetter: Bool
    switch metric.direction {
    case .higher: moreIsBetter = relation.r > 0
    case .lower: moreIsBetter = relation.r < 0
    case .middle, nil: return nil
    }
    return moreIsBetter ? factor.more : factor.less
  }
}
