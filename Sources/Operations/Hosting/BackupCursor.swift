import Model
import Storage
import Synchronization
import Wire

/// The backups of several units, newest first, read as they are asked for: each unit's by number, the units' among each
/// other by instant.
///
/// Bytes: O(units), and 8 for each backup of the units that were come to.
final class BackupCursor: Sendable {
    /// A unit, with what comes next of it.
    private struct Line {
        let unit: BackupUnit
        var instant: Instant
        var backups: UnitBackups?
        var next: UnitBackups.Item?
    }

    private struct State {
        /// Ascending by instant.
        var lines: [Line]
        var left: Int
    }

    private let filter: BackupFilter
    private let undelete: Duration
    private let state: Mutex<State>

    init(_ units: [(unit: BackupUnit, newest: Instant)], _ filter: BackupFilter, undelete: Duration) {
        self.filter = filter
        self.undelete = undelete
        let lines = units.map { Line(unit: $0.unit, instant: $0.newest) }.sorted { $0.instant < $1.instant }
        state = Mutex(State(lines: lines, left: filter.limit ?? .max))
    }

    /// - Returns: at most so many; fewer, and then none, at the end.
    func next(_ count: Int) throws -> [Backup] {
        try state.withLock { state in
            var found: [Backup] = []
            while found.count < count, state.left > 0, let backup = try Self.pop(&state.lines, undelete) {
                guard isMeant(backup) else { continue }
                found.append(backup)
                state.left -= 1
            }
            return found
        }
    }

    private func isMeant(_ backup: Backup) -> Bool {
        (filter.deleted || backup.deleted == nil) && (filter.since.map { backup.instant >= $0 } ?? true)
            && (filter.until.map { backup.instant <= $0 } ?? true)
    }

    private static func pop(_ lines: inout [Line], _ undelete: Duration) throws -> Backup? {
        while var line = lines.popLast() {
            var backups = try line.backups ?? UnitBackups(of: line.unit)
            let item = try line.next ?? backups.next()
            line.next = try backups.next()
            line.backups = backups
            if let next = line.next {
                line.instant = next.record.draft.instant
                insert(line, &lines)
            }
            if let item { return Backup(item, undelete: undelete) }
        }
        return nil
    }

    private static func insert(_ line: Line, _ lines: inout [Line]) {
        var (low, high) = (0, lines.count)
        while low < high {
            let middle = (low + high) / 2
            if lines[middle].instant <= line.instant { low = middle + 1 } else { high = middle }
        }
        lines.insert(line, at: low)
    }
}
