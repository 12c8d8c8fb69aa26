package import Model

/// Bytes that the objects of a unit take, by kind.
package struct UnitSpace: Sendable, Equatable {
    package var unit: UnitID
    package var points = ByteCount.zero
    /// Packs, and pages that prunes moved.
    package var packs = ByteCount.zero
    /// Maps and heads.
    package var maps = ByteCount.zero
    package var marks = ByteCount.zero
    /// Of the server's write-ahead log.
    package var logs = ByteCount.zero
    /// Void points included; of a unit whose head can't be read all points that are there.
    package var backups = 0
    /// Whether its head can't be read, and so none of its backups.
    package var isUnreadable = false

    package var total: ByteCount { points + packs + maps + marks + logs }
}

/// The room that a repository takes and has.
package struct SpaceReport: Sendable {
    package var units: [UnitSpace]
    package var used: ByteCount
    package var free: ByteCount
    package var total: ByteCount
}

extension Repository {
    package func space() throws -> SpaceReport {
        let units = try units().map(space)
        let (free, total) = try store.space()
        return SpaceReport(units: units, used: units.reduce(.zero) { $0 + $1.total }, free: free, total: total)
    }

    private func space(of unit: UnitID) throws -> UnitSpace {
        let objects = unitStore(unit)
        var space = UnitSpace(unit: unit)
        do {
            space.backups = try objects.sequences().count
        } catch let fault as Fault where fault.code.isDamage {
            space.backups = try objects.list("points").count
            space.isUnreadable = true
        }
        for name in try objects.folders().flatMap(objects.list) {
            let size = ByteCount(Int64(clamping: try store.size(objects.path(name)) ?? 0))
            switch name {
            case .point:
                space.points = space.points + size
            case .pack, .fold: space.packs = space.packs + size
            case .map, .head: space.maps = space.maps + size
            case .mark: space.marks = space.marks + size
            case .log: space.logs = space.logs + size
            }
        }
        return space
    }
}
