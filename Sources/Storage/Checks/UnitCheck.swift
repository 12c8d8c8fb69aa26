import Archiving
import Model
import Synchronization

/// Checks the stored bytes of a backup unit and says which backups suffer from damage.
struct UnitCheck {
    let unit: UnitStore
    let threads: Int
    let progress: @Sendable (UInt64) throws -> Void

    /// All objects of the unit: each frame, names that are missing, names that don't belong there. Backups and prunes may go
    /// on meanwhile.
    func everything() throws -> CheckReport {
        let reading = unit.access.beginReading()
        defer { withExtendedLifetime(reading) {} }
        // Before anything is listed: what this head names stays from here on.
        let expected = try expectedObjects()
        var report = CheckReport()
        var names: [ObjectName] = []
        for folder in try store.list(unit.folder) {
            for (path, name) in try list(folder) {
                if let name { names.append(name) } else { report.findings.append(unknown(path)) }
            }
        }
        guard let expected else {
            let points = names.compactMap { name in if case .point(let sequence) = name { sequence } else { nil } }
            report.add(try check(names, points: points))
            return report
        }
        let present = Set(names)
        names += try expected.names().filter { !present.contains($0) }
        report.add(try check(names, points: expected.points))
        return report
    }

    /// - Returns: nil when the head can't be read: its copies are among what is found damaged, and no backup can be read.
    private func expectedObjects() throws -> ExpectedObjects? {
        do {
            return try ExpectedObjects(unit: unit)
        } catch let fault as Fault where fault.code.isDamage {
            return nil
        }
    }

    /// All objects that the image of one backup needs.
    func point(_ sequence: SequenceNumber) throws -> CheckReport {
        let bench = try FrameBench()
        do {
            let image = try Image(of: sequence, in: unit, by: bench)
            var cursor = image.cursor(by: bench)
            var used: Set<Int> = []
            while let run = try cursor.next() { used.insert(run.place.object) }
            let names = Set(used.map(image.table.name)).union(image.layerObjects).union([.point(sequence)])
            return try check(names.sorted { $0.path < $1.path }, points: [sequence])
        } catch let fault as Fault where fault.code.isDamage {
            var report = try check([.point(sequence)], points: [sequence])
            if report.isGood {
                let finding = CheckReport.Finding(
                    object: unit.path(.point(sequence)), unit: unit.unit, frames: nil, fault: fault,
                    affected: [BackupID(unit: unit.unit, sequence: sequence)])
                report.findings.append(finding)
            }
            return report
        }
    }

    private var store: any ObjectStore { unit.store }

    private func check(_ names: [ObjectName], points: [SequenceNumber]) throws -> CheckReport {
        let read = Mutex<UInt64>(0)
        var found = try StoredCheck(unit: unit, threads: threads).run(names) { bytes in
            read.withLock { $0 += bytes }
            try progress(bytes)
        }
        if !found.isEmpty { found = try confirmed(found) }
        var report = CheckReport()
        report.objects = names.count
        report.bytes = ByteCount(Int64(clamping: read.withLock { $0 }))
        guard !found.isEmpty else { return report }
        for damage in found {
            if case .map = damage.item.object { unit.passOver(map: damage.item.object) }
        }
        let affected = try AffectedPoints(unit: unit, damage: found.map(\.item)).list(among: points)
        for (index, damage) in found.enumerated() {
            report.findings.append(
                CheckReport.Finding(
                    object: unit.path(damage.item.object), unit: unit.unit, frames: damage.item.frames,
                    fault: damage.fault, affected: affected[index]))
        }
        report.damage[unit.unit] = DamageList(found.map(\.item))
        return report
    }

    /// Leaves out what a prune, or another mark, has taken away since the names were listed.
    private func confirmed(_ found: [StoredCheck.Damage]) throws -> [StoredCheck.Damage] {
        let gone = Set(try found.map(\.item.object).filter { try store.size(unit.path($0)) == nil })
        guard !gone.isEmpty, let expected = try expectedObjects() else { return found }
        // The second look: also a map that is just being put anew may be back.
        let needed = try expected.names().filter(gone.contains)
        let missing = Set(try StoredCheck(unit: unit, threads: 1).run(needed) { _ in }.map(\.item.object))
        return found.filter { !gone.contains($0.item.object) || missing.contains($0.item.object) }
    }

    private func list(_ folder: String) throws -> [(String, ObjectName?)] {
        let folders = folder == "maps" ? try store.list("\(unit.folder)/maps").map { "maps/\($0)" } : [folder]
        return try folders.flatMap { folder in
            try store.list("\(unit.folder)/\(folder)").map { ("\(folder)/\($0)", ObjectName(path: "\(folder)/\($0)")) }
        }
    }

    private func unknown(_ path: String) -> CheckReport.Finding {
        let name = "\(unit.folder)/\(path)"
        return CheckReport.Finding(
            object: name, unit: unit.unit, frames: nil,
            fault: Fault(.repositoryDamaged, "\(name) is not a name of this repository's format"), affected: [])
    }
}
