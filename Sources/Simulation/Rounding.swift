extension Double {
  /// To so many decimals.
  package func rounded(to decimals: Int) -> Double {
    let scale = decimals <= 0 ? 1 : (1...decimals).reduce(1.0) { product, _ in product * 10 }
    return (self * scale).rounded() / scale
  }
}
