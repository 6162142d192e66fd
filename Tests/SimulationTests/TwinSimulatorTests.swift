import FoundationEssentials
import Glibc
import Numerics
import Testing

@testable import Simulation

@Suite("Simulated twins")
struct TwinSimulatorTests {
  private let simulator = TwinSimulator(seed: 7, days: 365, end: Date(timeIntervalSince1970: 1_700_006_400))

  @Test("the same seed and number give the same twin, another number another one")
  func deterministic() {
    let (once, again, other) = (simulator.twin(3), simulator.twin(3), simulator.twin(2))
    #expect(once.id == again.id)
    #expect(once.metrics.map { $0.recorded.map(\.bitPattern) } == again.metrics.map { $0.recorded.map(\.bitPattern) })
    #expect(once.id != other.id)
    // Neighbouring streams of a generator that counts up must not be one stream, shifted.
    let (a, b) = (SeededRandom.stream(7, 1), SeededRandom.stream(7, 2))
    func numbers(_ random: SeededRandom) -> [UInt64] {
      var random = random
      return (0..<100).map { _ in random.next() }
    }
    #expect(Set(numbers(a)).isDisjoint(with: numbers(b)))
  }

  @Test("quiet twins have nothing to find; the others have facts of every kind, some of them beyond anybody's reach")
  func truth() {
    let twins = (0..<100).map(simulator.twin)
    #expect(twins.filter(\.isQuiet).count == 20)
    let loud = twins.filter { $0.isQuiet && !($0.plantedFacts().isEmpty && $0.metrics.allSatisfy(\.isQuiet)) }
    #expect(loud.isEmpty)
    let facts = twins.flatMap { $0.plantedFacts() }
    for kind in [FactKind.correlation, .effect, .change, .trend, .anomaly] {
      let planted = facts.filter { $0.kind == kind }
      let findable = planted.count(where: \.isFindable)
      #expect(findable > 0 && findable < planted.count, "\(kind): \(findable) of \(planted.count)")
    }
  }

  @Test("values stay in range, with a decimal, and some days are missing")
  func values() {
    let twin = simulator.twin(0)
    #expect(twin.isScanned.contains(false))
    for metric in twin.metrics {
      let recorded = metric.recorded.filter { !$0.isNaN }
      #expect(recorded.allSatisfy { (0...100).contains($0) && abs($0 * 10 - ($0 * 10).rounded()) < 1e-6 })
      #expect(recorded.count < twin.days && recorded.count > twin.days / 2)
    }
  }

  @Test("noise has the spread it says, and rare draws are as rare as they say")
  func noise() {
    var random = SeededRandom.stream(1, 1)
    for isHeavy in [false, true] {
      let noise = SimulatedNoise(autocorrelation: 0, spread: 1, measurement: 0, isHeavy: isHeavy)
      let draws = (0..<40_000).map { _ in noise.draw(&random) }
      let rare = draws.count { noise.chance($0) < 0.01 }
      // Four standard deviations of a binomial.
      #expect(abs(Double(rare) - 400) < 80)
      if !isHeavy { #expect(abs(draws.reduce(0) { $0 + $1 * $1 } / 40_000 - 1) < 0.03) }
    }
    // t₃ beyond 3.182446 has the two-sided probability 0.05.
    let heavy = SimulatedNoise(autocorrelation: 0, spread: 1, measurement: 0, isHeavy: true)
    #expect(abs(heavy.chance(3.182446 / 3.0.squareRoot()) - 0.05) < 1e-6)
  }

  @Test("an effect comes with its time constant and fades when the product is stopped")
  func course() {
    let effect = ProductEffect(product: 0, size: 1, timeConstant: 10)
    #expect(effect.share(9, used: 10..<60) == 0)
    #expect(abs(effect.share(19, used: 10..<60) - (1 - exp(-1.0))) < 1e-12)
    #expect(effect.share(59, used: 10..<60) > effect.share(60, used: 10..<60))
    #expect(effect.share(200, used: 10..<60) < 1e-5)
    let atOnce = ProductEffect(product: 0, size: 1, timeConstant: 0)
    #expect(atOnce.share(10, used: 10..<60) == 1 && atOnce.share(60, used: 10..<60) == 0)
  }

  @Test("shares have Wilson's interval")
  func wilson() {
    // Brown, Cai, DasGupta 2001: 8 of 10.
    let share = Share(8, of: 10)
    #expect(share.share == 0.8)
    #expect(share.lo95 == 0.4902)
    #expect(share.hi95 == 0.9433)
    #expect(Share(0, of: 0).share == nil)
  }
}
