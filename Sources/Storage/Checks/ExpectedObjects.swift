import Archiving
import Model

/// What a unit must have, told from its head and the records of its points.
struct ExpectedObjects {
    let unit: UnitStore
    let head: Head?
    /// Numbers of backups and fences that are there or should be, ascending.
    let points: [SequenceNumber]

    /// Looks the head up first, then lists points: what this head names stays while somebody reads.
    ///
    /// - Throws: `repository-damaged` when the head can't be read.
    init(unit: UnitStore) throws {
        self.unit = unit
        head = try unit.head()
        let upTo = head?.upTo ?? 0
        // After the head numbers are given without gaps.
        let newest = max(try unit.list("points").map(\.sequence).max() ?? 0, upTo)
        points = (head?.points.map(\.sequence) ?? []) + (upTo < newest ? Array(upTo + 1...newest) : [])
    }

    /// Names that should be there; maps only where nothing else says the same.
    func names() throws -> [ObjectName] {
        var expected = points.map { ObjectName.point($0) }
        if let head {
            expected += head.objects
            for (index, point) in head.points.enumerated() {
                let range = head.range(of: index)
                if let map = point.map { expected.append(.map(range.lowerBound, range.upperBound, generation: map)) }
            }
        }
        return try expected + packs(of: points.filter { $0 > head?.upTo ?? 0 })
    }

    private func packs(of points: [SequenceNumber]) throws -> [ObjectName] {
        let bench = try FrameBench()
        return points.flatMap { sequence -> [ObjectName] in
            guard let reader = try? unit.open(.point(sequence), by: bench),
                let record = try? unit.record(of: reader, by: bench)
            else { return [] }
            return record.packs
        }
    }
}
