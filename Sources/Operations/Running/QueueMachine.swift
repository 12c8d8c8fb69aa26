/// Decides what starts next: one operation per backup unit, a bounded number in all, urgent ones first.
package struct QueueMachine: Sendable {
    package enum Priority: Int, Sendable, Comparable {
        case background
        case scheduled
        case onDemand

        package static func < (left: Priority, right: Priority) -> Bool { left.rawValue < right.rawValue }
    }

    package struct Item: Sendable, Equatable {
        package var run: String
        /// What it works on alone, such as a unit; nil works beside everything.
        package var unit: String?
        package var priority: Priority
        /// Whether it takes one of the places of those that work at once; what takes none never waits for one.
        package var takesPlace: Bool
        /// The server whose maintenance it has to wait for; nil waits for none.
        package var server: String?

        package init(
            run: String, unit: String?, priority: Priority, takesPlace: Bool = true, server: String? = nil
        ) {
            self.run = run
            self.unit = unit
            self.priority = priority
            self.takesPlace = takesPlace
            self.server = server
        }
    }

    /// Places: at work at most, of those that take one. Changes take effect with the next event.
    package var parallel: Int
    /// In the order in which they will start, if nothing else comes.
    package private(set) var waiting: [Item] = []
    package private(set) var working: [Item] = []
    /// How many of those that wait take no place.
    private var placeless = 0
    /// Servers in maintenance.
    private var held: Set<String> = []

    package init(parallel: Int) { self.parallel = max(1, parallel) }

    /// - Returns: what starts now.
    package mutating func submit(_ item: Item) -> [Item] {
        let place = waiting.firstIndex { $0.priority < item.priority } ?? waiting.endIndex
        waiting.insert(item, at: place)
        if !item.takesPlace { placeless += 1 }
        return startable()
    }

    /// - Returns: what starts now.
    package mutating func finished(_ run: String) -> [Item] {
        working.removeAll { $0.run == run }
        return startable()
    }

    /// Nothing of a server starts that has to wait for its maintenance.
    package mutating func hold(_ server: String) { held.insert(server) }

    /// - Returns: what starts now.
    package mutating func release(_ server: String) -> [Item] {
        held.remove(server) == nil ? [] : startable()
    }

    /// Takes a waiting item out.
    /// - Returns: false when it doesn't wait (any more).
    package mutating func withdraw(_ run: String) -> Bool {
        guard let place = waiting.firstIndex(where: { $0.run == run }) else { return false }
        if !waiting.remove(at: place).takesPlace { placeless -= 1 }
        return true
    }

    /// Everything that waits, taken out.
    package mutating func drain() -> [Item] {
        defer { (waiting, placeless) = ([], 0) }
        return waiting
    }

    /// Looks no further than the last item that starts: the cost doesn't grow with what waits behind it.
    private mutating func startable() -> [Item] {
        var started: [Item] = []
        var busy = Set(working.compactMap(\.unit))
        var taken = working.count { $0.takesPlace }
        var place = waiting.startIndex
        while place < waiting.endIndex, taken < parallel || placeless > 0 {
            let item = waiting[place]
            if let server = item.server, held.contains(server) {
                // Nor does it keep the maintenance itself from the unit.
                place += 1
                continue
            }
            let isFree = item.unit.map { !busy.contains($0) } ?? true
            if isFree, taken < parallel || !item.takesPlace {
                started.append(item)
                if item.takesPlace { taken += 1 } else { placeless -= 1 }
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
