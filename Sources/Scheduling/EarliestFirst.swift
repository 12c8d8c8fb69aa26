package import Model

/// Instants of numbered places, the earliest at hand: a heap in which a change costs the logarithm of their number.
package struct EarliestFirst: Sendable {
    private struct Item {
        var instant: Instant
        var place: Int
    }

    private var heap: [Item] = []
    /// Where in the heap a place is; -1: it has no instant.
    private var positions: [Int]

    /// - Parameter count: places are 0 until this.
    package init(count: Int) { positions = Array(repeating: -1, count: count) }

    package var earliest: Instant? { heap.first?.instant }

    /// Gives a place its instant; nil takes it away.
    package mutating func set(_ instant: Instant?, for place: Int) {
        let position = positions[place]
        switch (instant, position < 0) {
        case (nil, true): break
        case (nil, false): remove(at: position)
        case (let instant?, true):
            heap.append(Item(instant: instant, place: place))
            positions[place] = heap.count - 1
            moveUp(heap.count - 1)
        case (let instant?, false):
            let former = heap[position].instant
            heap[position].instant = instant
            if instant < former { moveUp(position) } else { moveDown(position) }
        }
    }

    /// The places whose instant isn't after `limit`, in no order; costs no more than their number.
    package func places(through limit: Instant) -> [Int] {
        var found: [Int] = []
        var pending = [0]
        while let position = pending.popLast() {
            guard position < heap.count, heap[position].instant <= limit else { continue }
            found.append(heap[position].place)
            pending.append(2 * position + 1)
            pending.append(2 * position + 2)
        }
        return found
    }

    private mutating func remove(at position: Int) {
        positions[heap[position].place] = -1
        let last = heap.removeLast()
        guard position < heap.count else { return }
        heap[position] = last
        positions[last.place] = position
        moveUp(position)
        moveDown(positions[last.place])
    }

    private mutating func moveUp(_ start: Int) {
        var position = start
        let item = heap[position]
        while position > 0 {
            let parent = (position - 1) / 2
            guard item.instant < heap[parent].instant else { break }
            put(heap[parent], at: position)
            position = parent
        }
        put(item, at: position)
    }

    private mutating func moveDown(_ start: Int) {
        var position = start
        let item = heap[position]
        while true {
            var child = 2 * position + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].instant < heap[child].instant { child += 1 }
            guard heap[child].instant < item.instant else { break }
            put(heap[child], at: position)
            position = child
        }
        put(item, at: position)
    }

    private mutating func put(_ item: Item, at position: Int) {
        heap[position] = item
        positions[item.place] = position
    }
}
