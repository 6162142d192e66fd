import Numerics
import Testing

@testable import Postgres

@Suite("PoolState")
struct PoolStateTests {
  private let alive: (PoolState.Slot) -> Bool = { _ in false }

  @Test("connections are opened when needed, up to the size, and waiters are served in order")
  func order() {
    var pool = PoolState(size: 2)
    #expect(pool.request(1, isDead: alive) == [.open(1)])
    #expect(pool.request(2, isDead: alive) == [.open(2)])
    #expect(pool.request(3, isDead: alive) == [])
    #expect(pool.opened(2) == [.lease(1, 2)])
    #expect(pool.opened(1) == [.lease(2, 1)])
    #expect(pool.released(1, isUsable: true) == [.lease(3, 1)])
    #expect(pool.released(1, isUsable: true) == [])
    #expect(pool.request(4, isDead: alive) == [.lease(4, 1)])
    #expect(pool.slotCount == 2)
  }

  @Test("a connection that comes back unusable is closed and replaced for the next waiter")
  func replacement() {
    var pool = PoolState(size: 1)
    _ = pool.request(1, isDead: alive)
    _ = pool.opened(1)
    _ = pool.request(2, isDead: alive)
    #expect(pool.released(1, isUsable: false) == [.close(1), .open(2)])
    #expect(pool.opened(2) == [.lease(2, 2)])
  }

  @Test("idle connections that died are closed before one is lent")
  func deadIdle() {
    var pool = PoolState(size: 1)
    _ = pool.request(1, isDead: alive)
    _ = pool.opened(1)
    _ = pool.released(1, isUsable: true)
    #expect(pool.request(2) { $0 == 1 } == [.close(1), .open(2)])
  }

  @Test("a failed opening fails the first waiter, and the next one gets its own attempt")
  func openFailure() {
    var pool = PoolState(size: 1)
    _ = pool.request(1, isDead: alive)
    _ = pool.request(2, isDead: alive)
    #expect(pool.openFailed(1) == [.failOpening(1), .open(2)])
    #expect(pool.openFailed(2) == [.failOpening(2)])
    #expect(pool.slotCount == 0 && pool.waiterCount == 0)
  }

  @Test("a cancelled waiter leaves the queue; the connection opened for it stays for the next")
  func cancellation() {
    var pool = PoolState(size: 1)
    _ = pool.request(1, isDead: alive)
    #expect(pool.cancelled(1) == [.cancel(1)])
    #expect(pool.cancelled(1) == [])
    #expect(pool.opened(1) == [])
    #expect(pool.request(2, isDead: alive) == [.lease(2, 1)])
    #expect(pool.cancelled(2) == [])
  }

  @Test("closing refuses waiters, closes idle connections now and the others when they come back")
  func closing() {
    var pool = PoolState(size: 3)
    for waiter in 1...3 { _ = pool.request(PoolState.Waiter(waiter), isDead: alive) }
    _ = pool.opened(1)
    _ = pool.opened(2)
    _ = pool.released(1, isUsable: true)
    // Waiter 3 took connection 1 when it came back.
    _ = pool.released(1, isUsable: true)
    _ = pool.request(4, isDead: alive)
    _ = pool.request(5, isDead: alive)
    #expect(pool.close() == [.refuse(5)])
    #expect(pool.opened(3) == [.close(3)])
    #expect(pool.released(1, isUsable: true) == [.close(1)])
    #expect(pool.request(6, isDead: alive) == [.refuse(6)])
    #expect(pool.released(2, isUsable: true) == [.close(2)])
    #expect(pool.slotCount == 0)
  }

  @Test("over random histories no connection is lent twice, none is lost and nobody waits beside an idle one")
  func random() {
    var generator = SeededRandom(state: 42)
    for size in 1...4 {
      var pool = PoolState(size: size)
      var (opening, leased, waiting): (Set<UInt64>, [UInt64: UInt64], Set<UInt64>) = ([], [:], [])
      var (idle, nextWaiter): (Set<UInt64>, UInt64) = ([], 0)
      func apply(_ actions: [PoolState.Action]) {
        for action in actions {
          switch action {
          case .open(let slot): #expect(opening.insert(slot).inserted)
          case .lease(let waiter, let slot):
            #expect(leased.updateValue(waiter, forKey: slot) == nil)
            #expect(waiting.remove(waiter) != nil)
            idle.remove(slot)
          case .failOpening(let waiter), .refuse(let waiter), .cancel(let waiter):
            #expect(waiting.remove(waiter) != nil)
          case .close(let slot): #expect(leased[slot] == nil)
          }
        }
      }
      for _ in 0..<5_000 {
        switch generator.next() % 6 {
        case 0, 1:
          nextWaiter += 1
          waiting.insert(nextWaiter)
          apply(pool.request(nextWaiter, isDead: alive))
        case 2:
          if let slot = opening.min() {
            opening.remove(slot)
            idle.insert(slot)
            apply(pool.opened(slot))
          }
        case 3:
          if let slot = opening.max(), generator.next() % 4 == 0 {
            opening.remove(slot)
            apply(pool.openFailed(slot))
          }
        case 4:
          if let slot = leased.keys.min() {
            leased[slot] = nil
            let isUsable = generator.next() % 8 != 0
            if isUsable { idle.insert(slot) }
            apply(pool.released(slot, isUsable: isUsable))
          }
        default:
          if let waiter = waiting.max() { apply(pool.cancelled(waiter)) }
        }
        #expect(pool.slotCount == opening.count + leased.count + idle.count)
        #expect(pool.slotCount <= size)
        #expect(pool.waiterCount == waiting.count)
        #expect(waiting.isEmpty || idle.isEmpty)
      }
    }
  }
}

@Suite("CopyReader")
struct CopyReaderTests {
  @Test("rows come out the same wherever the stream is cut")
  func anyCut() throws {
    var stream: [UInt8] = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00] + [UInt8](repeating: 0, count: 8)
    for number in 0..<3 {
      stream.append(bigEndian: Int16(2))
      stream.append(bigEndian: Int32(8))
      stream.append(bigEndian: Int64(number))
      if number == 1 {
        stream.append(bigEndian: Int32(-1))
      } else {
        stream.append(bigEndian: Int32(1))
        stream.append(UInt8(ascii: "x"))
      }
    }
    stream.append(bigEndian: Int16(-1))
    for cut in 1...stream.count {
      var reader = CopyReader()
      var rows: [String] = []
      for start in stride(from: 0, to: stream.count, by: cut) {
        try reader.read(Array(stream[start..<min(start + cut, stream.count)])) { columns in
          var next = 0
          let number = try columns.take(Int.self, &next)
          rows.append("\(number)\(try columns.take(String?.self, &next) ?? "-")")
        }
      }
      #expect(rows == ["0x", "1-", "2x"])
    }
  }
}
