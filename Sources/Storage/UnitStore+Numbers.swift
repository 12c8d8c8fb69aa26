import Model

/// Which numbers there are, without a look at all of them.
extension UnitStore {
    /// The highest number among the points, also of one that a prune took out of the list; 0 when there is none.
    ///
    /// Numbers are given in order, so the one that was the highest still is when it is there and the next one isn't: O(1).
    /// Else, and for who may not write, O(points).
    func newestNumber() throws -> SequenceNumber {
        let changes = memory.changes
        if let known = memory.recall(\.newest), known > 0 {
            if try hasPoint(known) {
                var newest = known
                while try hasPoint(newest + 1) { newest += 1 }
                if newest > known { memory.note(since: changes) { $0.newest = max($0.newest ?? 0, newest) } }
                return newest
            }
            // Another state of the repository than the one that is remembered.
            memory.note { $0.forget() }
        }
        let newest = try list("points").last?.sequence ?? 0
        memory.note(since: memory.changes) { $0.newest = newest }
        return newest
    }

    /// One above every number that was ever taken.
    func nextNumber() throws -> SequenceNumber {
        let newest = try newestNumber()
        return max(newest, try highestMerged(), try head()?.upTo ?? 0) + 1
    }

    /// The highest listed number below `limit`; void ones included. As `newestNumber`, and O(1) for each number between
    /// whose point is lost.
    func lastNumber(below limit: SequenceNumber = .max) throws -> SequenceNumber? {
        let newest = try newestNumber()
        // The head last: it says no to points that a prune took out of the list since.
        let head = try head()
        var number = min(newest, limit - 1)
        while number > head?.upTo ?? 0 {
            if try hasPoint(number) { return number }
            number -= 1
        }
        var index = head?.lastPoint(upTo: number)
        while let head, let position = index {
            if try hasPoint(head.points[position].sequence) { return head.points[position].sequence }
            index = position > 0 ? position - 1 : nil
        }
        return nil
    }

    private func hasPoint(_ sequence: SequenceNumber) throws -> Bool { try store.size(path(.point(sequence))) != nil }

    /// Maps also merge points that got lost: such a map must not count for another point of the same number. Packs may
    /// belong to a writer at work, whose number it is to fight for.
    private func highestMerged() throws -> SequenceNumber {
        if let known = memory.recall(\.highestMerged) { return known }
        let changes = memory.changes
        let names = try folders().filter { $0.hasPrefix("maps/") }.flatMap(list)
        let highest = names.map(\.sequence).max() ?? 0
        memory.note(since: changes) { $0.highestMerged = highest }
        return highest
    }
}
