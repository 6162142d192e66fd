extension SeriesFamily {
  /// Every family.
  package static let all: [SeriesFamily] =
    noises + counts + readings + memories + trends + rhythmic + damages + levels + pairs

  private static func make(
    _ name: String, _ category: Category, _ change: (inout SeriesFamily) -> Void
  ) -> SeriesFamily {
    var family = SeriesFamily(name, category)
    change(&family)
    return family
  }

  private static let noises = [
    make("normal", .noise) { _ in },
    make("laplace", .noise) { $0.noise = .laplace },
    make("gamma", .noise) { $0.noise = .gamma(shape: 2) },
    make("exponential", .noise) { $0.noise = .gamma(shape: 1) },
    make("student-t2", .noise) { $0.noise = .studentT2 },
  ]

  private static let counts = [
    make("poisson-0.1", .counts) { $0.noise = .poisson(mean: 0.1) },
    make("poisson-0.3", .counts) { $0.noise = .poisson(mean: 0.3) },
    make("poisson-1", .counts) { $0.noise = .poisson(mean: 1) },
    make("poisson-5", .counts) { $0.noise = .poisson(mean: 5) },
    make("negative-binomial", .counts) { $0.noise = .negativeBinomial(mean: 3, size: 1) },
    make("zero-inflated", .counts) { $0.noise = .zeroInflated(zero: 0.7) },
    make("on-off-2", .counts) { $0.noise = .onOff(share: 0.02) },
    make("on-off-10", .counts) { $0.noise = .onOff(share: 0.1) },
    make("on-off-50", .counts) { $0.noise = .onOff(share: 0.5) },
    make("percent-of-4", .counts) { $0.noise = .percentage(trials: 4, share: 0.9) },
    make("percent-of-12", .counts) { $0.noise = .percentage(trials: 12, share: 0.6) },
  ]

  private static let readings = [
    make("rounded-1", .reading) { $0.reading = .rounded(1) },
    make("rounded-3", .reading) { $0.reading = .rounded(3) },
    make("rounded-5", .reading) { $0.reading = .rounded(5) },
    make("clipped-at-mean", .reading) { $0.reading = .clipped(0) },
    make("clipped-above", .reading) { $0.reading = .clipped(1) },
  ]

  private static let memories = [
    make("ar-0.6", .memory) { $0.memory = .autoregressive(0.6) },
    make("ar-0.9", .memory) { $0.memory = .autoregressive(0.9) },
    make("arma", .memory) { $0.memory = .mixed(autoregressive: 0.9, movingAverage: -0.5) },
    make("random-walk", .memory) { $0.memory = .randomWalk },
    make("local-level", .memory) { $0.memory = .localLevel(0.2) },
  ]

  private static let trends =
    [0.01, 0.05, 0.1, 0.2, 0.4].map { slope in
      make("line-\(slope)", .trend) { $0.course = .line(slope: slope) }
    } + [
      make("curve", .trend) { $0.course = .curve(rise: 30) },
      make("growth", .trend) { $0.course = .growth(factor: 4) },
    ]

  private static let rhythmic = [
    make("sine-7", .rhythm) { $0.rhythms = [Rhythm(.sine, period: 7, amplitude: 5)] },
    make("sine-24", .rhythm) {
      $0.rhythms = [Rhythm(.sine, period: 24, amplitude: 10)]
      $0.step = 3600
    },
    make("saw-7", .rhythm) { $0.rhythms = [Rhythm(.saw, period: 7, amplitude: 5)] },
    make("closed-7", .rhythm) { $0.rhythms = [Rhythm(.closed, period: 7, amplitude: 8)] },
    make("day-and-night", .rhythm) {
      $0.rhythms = [Rhythm(.block, period: 24, amplitude: 8)]
      $0.step = 3600
    },
    make("rush-hours", .rhythm) {
      $0.rhythms = [Rhythm(.twoPeaks, period: 24, amplitude: 4)]
      $0.step = 3600
    },
    make("sine-30", .rhythm) { $0.rhythms = [Rhythm(.sine, period: 30, amplitude: 4)] },
    make("two-rhythms", .rhythm) {
      $0.rhythms = [Rhythm(.sine, period: 24, amplitude: 5), Rhythm(.closed, period: 168, amplitude: 3)]
      $0.step = 3600
    },
    make("part-of-a-year", .rhythm) { $0.rhythms = [Rhythm(.sine, period: 365, amplitude: 4)] },
  ]

  private static let damages = [
    make("missing-20", .damage) { $0.damage = .missing(0.2) },
    make("hole", .damage) { $0.damage = .hole(0.1) },
    make("outliers", .damage) { $0.damage = .outliers(share: 0.01, size: 12) },
  ]

  private static let levels = [
    make("set-points", .level) { $0.course = .setPoints(chance: 0.02, size: 20) },
    make("later-wider", .level) { $0.laterSpread = 3 },
  ]

  private static let pairs = [
    make("ar-0.6 line", .pair) {
      $0.memory = .autoregressive(0.6)
      $0.course = .line(slope: 0.05)
    },
    make("laplace saw-7", .pair) {
      $0.noise = .laplace
      $0.rhythms = [Rhythm(.saw, period: 7, amplitude: 4)]
    },
    make("poisson-5 closed-7", .pair) {
      $0.noise = .poisson(mean: 5)
      $0.rhythms = [Rhythm(.closed, period: 7, amplitude: 1)]
    },
    make("rounded-3 line", .pair) {
      $0.reading = .rounded(3)
      $0.course = .line(slope: 0.05)
    },
    make("gamma missing-20", .pair) {
      $0.noise = .gamma(shape: 2)
      $0.damage = .missing(0.2)
    },
    make("ar-0.6 sine-24", .pair) {
      $0.memory = .autoregressive(0.6)
      $0.rhythms = [Rhythm(.sine, period: 24, amplitude: 5)]
      $0.step = 3600
    },
    make("growth closed-7", .pair) {
      $0.course = .growth(factor: 2)
      $0.rhythms = [Rhythm(.closed, period: 7, amplitude: 6)]
    },
    make("outliers line", .pair) {
      $0.damage = .outliers(share: 0.01, size: 12)
      $0.course = .line(slope: 0.05)
    },
  ]
}
