/// Decides what starts next: one operation per backup unit, a bounded number in all, urgent ones first.
package struct QueueMachine: Sendable {
    package enum Priority: Int, Sendable, Comparable {
        case scheduled
        case onDemand

        package static func < (left: Priority, right: Priority) -> Bool { left.rawValue < right.rawValue }
    }

    package struct Item: Sendable, Equatable {
        package var run: String
        /// What it works on alone, such as a unit; nil works beside everything.
        package var unit: String?
        package var priority: Priority

        package init(run: String, unit: String?, priority: Priority) {
            self.run = run
            self.unit = unit
            self.priority = priority
        }
    }

    /// At work at most; changes take effect with the next event.
    package var parallel: Int
    /// In the order in which they will start, if nothing else comes.
    package private(set) var waiting: [Item] = []
    package private(set) var working: [Item] = []

    package init(parallel: Int) { self.parallel = max(1, parallel) }

    /// - Returns: what starts now.
    package mutating func submit(_ item: Item) -> [Item] {
        let place = waiting.firstIndex { $0.priority < item.priority } ?? waiting.endIndex
        waiting.insert(item, at: place)
        return startable()
    }

    /// - Returns: what starts now.
    package mutating func finished(_ run: String) -> [Item] {
        working.removeAll { $0.run == run }
        return startable()
    }

    /// Takes a waiting item out.
    /// - Returns: false when it doesn't wait (any more).
    package mutating func withdraw(_ run: String) -> Bool {
        guard let place = waiting.firstIndex(where: { $0.run == run }) else { return false }
        waiting.remove(at: place)
        return true
    }

    /// Everything that waits, taken out.
    package mutating func drain() -> [Item] {
        defer { waiting = [] }
        return waiting
    }

    /// Looks no further than the last item that starts: the cost doesn't grow with what waits behind it.
    private mutating func startable() -> [Item] {
        var started: [Item] = []
        var busy = Set(working.compactMap(\.unit))
        var place = waiting.startIndex
        while working.count + started.count < parallel, place < waiting.endIndex {
            let item = waiting[place]
            if item.unit.map({ !busy.contains($0) }) ?? true {
                started.append(item)
                waiting.remove(at: place)
            } else {
                place += 1
            }
            // A unit that waits keeps its place before later work on the same unit.
            if let unit = item.unit { busy.insert(unit) }
        }
        working += started
        return started
    }
}
