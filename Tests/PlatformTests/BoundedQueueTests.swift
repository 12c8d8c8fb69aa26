import Model
import Platform
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(10))) struct BoundedQueueTests {
    @Test func valuesComeOutInOrder() throws {
        let queue = BoundedQueue<Int>(capacity: 3)
        let taken = Mutex<[Int]>([])
        try Threads.runAll(
            "order",
            [
                {
                    for value in 0..<10_000 { try queue.put(value) }
                    queue.close()
                },
                { while let value = try queue.take() { taken.withLock { $0.append(value) } } },
            ])
        #expect(taken.withLock { $0 } == Array(0..<10_000))
    }

    @Test func severalProducersAndConsumersLoseNothing() throws {
        let queue = BoundedQueue<Int>(capacity: 2)
        let taken = Mutex<Set<Int>>([])
        let producers = Mutex(4)
        let produce: @Sendable (Int) -> @Sendable () throws -> Void = { first in
            {
                for value in first..<first + 1000 { try queue.put(value) }
                let left = producers.withLock { count in
                    count -= 1
                    return count
                }
                if left == 0 { queue.close() }
            }
        }
        let consume: @Sendable () throws -> Void = {
            while let value = try queue.take() { _ = taken.withLock { $0.insert(value) } }
        }
        try Threads.runAll("many", (0..<4).map { produce($0 * 1000) } + [consume, consume, consume])
        #expect(taken.withLock { $0.count } == 4000)
    }

    @Test func neverHoldsMoreThanItsCapacity() throws {
        let queue = BoundedQueue<Int>(capacity: 4)
        let inside = Mutex((now: 0, most: 0))
        try Threads.runAll(
            "bounded",
            [
                {
                    for value in 0..<2000 {
                        try queue.put(value)
                        inside.withLock {
                            $0.now += 1
                            $0.most = max($0.most, $0.now)
                        }
                    }
                    queue.close()
                },
                { while try queue.take() != nil { inside.withLock { $0.now -= 1 } } },
            ])
        // The counts are kept outside the queue, one value behind it at most.
        #expect(inside.withLock { $0.most } <= 5)
    }

    @Test func closingLetsTheRestOut() throws {
        let queue = BoundedQueue<Int>(capacity: 10)
        try queue.put(1)
        try queue.put(2)
        queue.close()
        #expect(try queue.take() == 1)
        #expect(try queue.take() == 2)
        #expect(try queue.take() == nil)
        #expect(try queue.take() == nil)
    }

    @Test func failureEndsEverybodyWhoWaits() {
        let queue = BoundedQueue<Int>(capacity: 1)
        let full = BoundedQueue<Int>(capacity: 1)
        let failures = Mutex<[Code]>([])
        let expectFailure: @Sendable (() throws -> Void) -> Void = { body in
            do { try body() } catch { failures.withLock { $0.append(Fault.wrapping(error).code) } }
        }
        #expect(throws: Never.self) {
            try full.put(0)
            try Threads.runAll(
                "failing",
                [
                    { expectFailure { _ = try queue.take() } },
                    { expectFailure { try full.put(1) } },
                    {
                        for queue in [queue, full] {
                            queue.fail(Fault(.outOfSpace, "first"))
                            queue.fail(Fault(.inputOutput, "second"))
                        }
                    },
                ])
        }
        #expect(failures.withLock { $0 } == [.outOfSpace, .outOfSpace])
        #expect(fault { _ = try queue.take() }?.message == "first")
        #expect(fault { try queue.put(1) }?.message == "first")
    }

    private final class Witness: Sendable {}

    @Test func takenValuesAreNotHeldAnyLonger() throws {
        let queue = BoundedQueue<Witness>(capacity: 8)
        weak var witness: Witness?
        do {
            let value = Witness()
            witness = value
            try queue.put(value)
            try queue.put(Witness())
        }
        #expect(witness != nil)
        _ = try queue.take()
        #expect(witness == nil)
    }

    @Test func theFirstErrorOfSeveralThreadsIsThrownAfterAllHaveEnded() {
        let ended = Mutex(0)
        let fault = fault {
            try Threads.runAll(
                "errors",
                [
                    { throw Fault(.inputOutput, "broken") },
                    { ended.withLock { $0 += 1 } },
                    { ended.withLock { $0 += 1 } },
                ])
        }
        #expect(fault?.message == "broken")
        #expect(ended.withLock { $0 } == 2)
    }

    @Test func workOnAThreadReturnsOrThrows() async throws {
        #expect(try await Threads.run("value") { 42 } == 42)
        await #expect(throws: Fault(.notFound, "gone")) {
            try await Threads.run("throws") { throw Fault(.notFound, "gone") }
        }
    }
}
