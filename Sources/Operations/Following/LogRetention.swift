package import Engines
package import Model
import Platform
import Settings
package import Storage

/// Which stretches of a unit's log no point in time within the window needs any more.
package struct LogRetention {
    /// A backup that stays, and where the log goes on from it.
    package struct Anchor {
        var finished: Instant
        var base: LogBase

        package init(finished: Instant, base: LogBase) {
            self.finished = finished
            self.base = base
        }
    }

    let now: Instant
    let window: Duration

    package init(now: Instant, window: Duration) {
        self.now = now
        self.window = window
    }

    /// - Parameter anchors: of all backups that stay.
    package func released(_ logs: StoredLogs, anchors: [Anchor]) -> [LogSpan] {
        let horizon = now - window
        return logs.branches.flatMap { branch in
            let own = anchors.filter {
                logs.branch(after: $0.base, finished: $0.finished)?.lineage == branch.lineage
            }.sorted { $0.finished < $1.finished }
            // A quiet server writes nothing for long: what its newest backup needs is never too old.
            if own.isEmpty {
                let isOver = branch.last.written < horizon && branch.lineage != logs.newest?.lineage
                return isOver ? branch.stretches.spans + branch.stretches.covered : []
            }
            // Any point in time from the horizon on is reached from the last backup before it.
            guard let keep = (own.last { $0.finished <= horizon } ?? own.first)?.base.position else { return [] }
            return branch.stretches.covered
                + branch.stretches.spans.filter { span in
                    span.timeline < keep.timeline || span.timeline == keep.timeline && span.to <= keep.offset
                }
        }
    }
}

extension Host {
    /// Gives back log that is older than the window in which any point in time can be restored.
    ///
    /// Softly deleted backups lead nowhere.
    /// - Returns: the bytes that were stored of it.
    func pruneLog(of unit: BackupUnit) throws -> ByteCount {
        guard clockDoubt() == nil else { return .zero }
        let spans = try unit.repository.logSpans(of: unit.id)
        guard !spans.isEmpty else { return .zero }
        var anchors: [LogRetention.Anchor] = []
        var backups = try UnitBackups(of: unit)
        while let item = try backups.next() {
            guard item.mark.deleted == nil, let base = try EngineDefaults(of: item.record).logBase(of: item.record)
            else { continue }
            anchors.append(LogRetention.Anchor(finished: item.record.draft.finished, base: base))
        }
        let days = settings.retention.logDays
        let retention = LogRetention(now: WallClock.now(), window: .seconds(86_400 * days))
        let released = days == 0 ? spans : retention.released(try StoredLogs(of: unit), anchors: anchors)
        return try unit.repository.deleteLogs(released, of: unit.id)
    }
}
