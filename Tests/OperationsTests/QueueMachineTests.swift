import Operations
import Testing

@Suite struct QueueMachineTests {
    private func item(_ run: String, _ unit: String?, _ priority: QueueMachine.Priority = .scheduled)
        -> QueueMachine.Item
    {
        QueueMachine.Item(run: run, unit: unit, priority: priority)
    }

    @Test func startsNoMoreThanAllowed() {
        var queue = QueueMachine(parallel: 2)
        #expect(queue.submit(item("1", "a")).map(\.run) == ["1"])
        #expect(queue.submit(item("2", "b")).map(\.run) == ["2"])
        #expect(queue.submit(item("3", "c")).isEmpty)
        #expect(queue.finished("1").map(\.run) == ["3"])
    }

    @Test func worksOnAUnitOnceAtATimeInOrder() {
        var queue = QueueMachine(parallel: 4)
        #expect(queue.submit(item("1", "a")).map(\.run) == ["1"])
        #expect(queue.submit(item("2", "a")).isEmpty)
        #expect(queue.submit(item("3", "a")).isEmpty)
        #expect(queue.submit(item("4", "b")).map(\.run) == ["4"])
        #expect(queue.finished("1").map(\.run) == ["2"])
        #expect(queue.finished("2").map(\.run) == ["3"])
    }

    @Test func whatWaitsForMaintenanceStartsAfterItAndKeepsItFromNothing() {
        var queue = QueueMachine(parallel: 2)
        queue.hold("main")
        #expect(queue.submit(.init(run: "1", unit: "a", priority: .scheduled, server: "main")).isEmpty)
        #expect(queue.submit(.init(run: "2", unit: "b", priority: .scheduled, server: "crm")).map(\.run) == ["2"])
        #expect(queue.submit(item("3", "a")).map(\.run) == ["3"])
        #expect(queue.release("main").isEmpty, "its unit is busy")
        #expect(queue.finished("3").map(\.run) == ["1"])
        #expect(queue.release("main").isEmpty)
    }

    @Test func startsOnDemandBeforeScheduled() {
        var queue = QueueMachine(parallel: 1)
        _ = queue.submit(item("1", "a"))
        _ = queue.submit(item("2", "b"))
        _ = queue.submit(item("3", "c", .onDemand))
        _ = queue.submit(item("4", "d", .onDemand))
        #expect(queue.finished("1").map(\.run) == ["3"])
        #expect(queue.finished("3").map(\.run) == ["4"])
        #expect(queue.finished("4").map(\.run) == ["2"])
    }

    @Test func startsWhatTakesNoPlaceAtOnceAndTheBackgroundLast() {
        var queue = QueueMachine(parallel: 1)
        func light(_ run: String, _ unit: String) -> QueueMachine.Item {
            QueueMachine.Item(run: run, unit: unit, priority: .scheduled, takesPlace: false)
        }
        #expect(queue.submit(item("1", "a")).map(\.run) == ["1"])
        #expect(queue.submit(item("2", "drill", .background)).isEmpty)
        #expect(queue.submit(item("3", "b")).isEmpty)
        #expect(queue.submit(light("4", "s")).map(\.run) == ["4"])
        #expect(queue.submit(light("5", "s")).isEmpty)
        #expect(queue.submit(light("6", "t")).map(\.run) == ["6"])
        #expect(queue.finished("4").map(\.run) == ["5"])
        #expect(queue.finished("1").map(\.run) == ["3"])
        #expect(queue.submit(light("7", "s")).isEmpty)
        let withdrew = queue.withdraw("7")
        #expect(withdrew)
        #expect(queue.finished("3").map(\.run) == ["2"])
    }

    @Test func neverStartsWhatWasWithdrawn() {
        var queue = QueueMachine(parallel: 1)
        _ = queue.submit(item("1", nil))
        _ = queue.submit(item("2", nil))
        let withdrew = queue.withdraw("2")
        #expect(withdrew)
        let withdrewWorking = queue.withdraw("1")
        #expect(!withdrewWorking)
        #expect(queue.finished("1").isEmpty)
    }
}
