import Archiving
package import Model

extension Repository {
    /// What deleting these backups for good would give back; writes nothing.
    ///
    /// O(places of the unit) of time: reads the maps and deltas of what is folded, and no pages. Memory: O(backups + packs),
    /// 8 bytes for each frame of backups that go or are gone, and 16 MiB.
    ///
    /// - Parameter deleting: numbers that the unit doesn't list mean nothing.
    /// - Throws: `repository-damaged` when the unit's head can't be read.
    package func pruneEstimate(of unit: UnitID, deleting: Set<SequenceNumber>) throws -> PruneEstimate {
        let objects = unitStore(unit)
        let reading = objects.access.beginReading()
        defer { withExtendedLifetime(reading) {} }
        return try PrunePlan.make(of: objects, deleting: deleting).estimate
    }

    /// Deletes backups of a unit for good, and gives back what no other needs.
    ///
    /// Backups, reading and merging of maps go on meanwhile; what somebody reads is deleted by the next call, as is what a
    /// killed one has left. With an empty set it does only that. All other backups stay as they are. A unit without backups
    /// vanishes. On a full disk dead objects are given back first, and then pages move as far as there is room. Memory: as `pruneEstimate`, 4 MiB more, and O(files) of an image. Time: O(places of the unit), and what the
    /// pages of mostly dead objects take to be read, packed and written.
    ///
    /// - Parameters:
    ///   - deleting: numbers of backups. Those stay that are preserved, that were softly deleted and are undeleted before the
    ///     switch, and the newest one when a backup that may build on it is being made; `report.estimate.left` names them.
    ///   - step: hears how the work goes on; what it throws ends it, and the next call does the rest.
    ///   - stillMeant: called right before the switch, maybe several times, with the backups that are about to go; those that
    ///     it doesn't return stay. What it throws ends the prune, and nothing was deleted. Marks of the unit wait for it: it
    ///     must not set any, nor wait for somebody who does.
    /// - Throws: `busy` while another prune of the unit is at work, or when backups were taken back in each of three rounds:
    ///   nothing was deleted then; `repository-damaged` when the unit's head can't be read.
    package func prune(
        unit: UnitID, deleting: Set<SequenceNumber>, step: (PruneStep) throws -> Void = { _ in },
        stillMeant: @escaping @Sendable (Set<SequenceNumber>) throws -> Set<SequenceNumber> = { $0 }
    ) throws -> PruneReport {
        try requireWritable()
        let objects = unitStore(unit)
        guard objects.access.beginPruning() else {
            throw Fault(.busy, "unit \(unit) is being pruned", hint: "wait until that is done")
        }
        defer { objects.access.endPruning() }
        let bench = try FrameBench()
        let wish = try PruneWish(deleting, of: objects, stillMeant: stillMeant)
        let report = try withoutActuallyEscaping(step) { step in
            var prune = Prune(unit: objects, bench: bench, step: step, wish: wish) { record in
                _ = try self.putVoidPoint(of: unit, like: record, at: record.draft.finished, by: .daemon)
            }
            try prune.run(deleting: deleting)
            return prune.report
        }
        // Not part of the prune: what fails here is done after the next backup.
        if !report.unitRemoved {
            do {
                try mergeMaps(of: unit)
            } catch let fault as Fault where fault.code.isDamage || fault.code == .outOfSpace {}
        }
        return report
    }
}
