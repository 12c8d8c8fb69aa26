import Engines
import Model
import Storage
import Wire

/// The log that a restored server follows when it is started: from a backup on, up to a place.
struct Recovery: Sendable {
    let base: LogBase
    let log: StoredLog
    let stop: LogStop
    /// It opens for writing by itself.
    let promotes: Bool
    /// Keeps what is stored of the log where it is.
    let reading: any Sendable

    func write(in folder: String, of engine: EngineDefaults) throws {
        try engine.followLog(log, from: base, upTo: stop, in: folder, promotes: promotes)
    }

    var shown: RestoreResult.Recovery {
        RestoreResult.Recovery(
            timeline: stop.timeline, position: stop.place, committed: stop.committed, promotes: promotes,
            note: stop.note)
    }
}

/// Looks for the backup, and the place in the log after it, that a request means.
struct RecoveryChoice {
    let unit: BackupUnit
    /// Backups that may be built on, newest first.
    let records: [PointRecord]
    let target: LogTarget
    /// That it is to stop on; nil is the one where the server has been last.
    var timeline: UInt32?
    let promotes: Bool

    /// - Returns: nil when no log follows any of the backups, and the target doesn't need one.
    /// - Throws: `target-not-reached`; damage of the log.
    func find() throws -> (PointRecord, Recovery?)? {
        var missing: Fault?
        let reading = unit.repository.reading(unit.id)
        let logs = try StoredLogs(of: unit)
        for record in records {
            let engine = try EngineDefaults(of: record)
            guard let base = engine.logBase(of: record), isUsable(record) else { continue }
            guard let log = try logs.log(after: base, finished: record.draft.finished) else {
                if needsLog { continue }
                return (record, nil)
            }
            do {
                let stop = try engine.findStop(target, on: timeline, after: base, in: log)
                return (
                    record, stop.map { Recovery(base: base, log: log, stop: $0, promotes: promotes, reading: reading) }
                )
            } catch let fault as Fault where fault.code == .targetNotReached {
                // An older backup may be in front of it.
                missing = missing ?? namingNext(fault)
            }
        }
        if let missing { throw missing }
        guard needsLog else { return nil }
        throw Fault(.targetNotReached, "no log was received that leads there", hint: "restore a backup, or to a time")
    }

    /// A time that can't be reached may be near one that can: the backup that came next.
    private func namingNext(_ fault: Fault) -> Fault {
        guard case .time(let limit) = target, let next = records.last(where: { $0.draft.finished > limit }) else {
            return fault
        }
        var fault = fault
        fault.hint =
            (fault.hint.map { "\($0); " } ?? "")
            + "`--at \(next.draft.finished.rfc3339Exact())` is the first moment after it, of backup \(next.id)"
        return fault
    }

    private var needsLog: Bool {
        switch target {
        case .end, .time: timeline != nil
        case .position, .transaction, .restorePoint: true
        }
    }

    /// Whether it is complete before the target.
    private func isUsable(_ record: PointRecord) -> Bool {
        guard case .time(let limit) = target else { return true }
        return record.draft.finished <= limit
    }
}

extension RestoreRequest {
    /// Nil when a backup is wanted as it is.
    var logTarget: LogTarget? {
        get throws {
            let targets: [LogTarget] = [
                at.map { .time($0) }, lsn.map { .position($0) }, xid.map { .transaction($0) },
                restorePoint.map { .restorePoint($0) },
            ].compactMap { $0 }
            guard targets.count <= 1 else {
                throw Fault(.wrongUsage, "name one of a time, a position, a transaction and a restore point")
            }
            return targets.first ?? (backup == nil || timeline != nil ? .end : nil)
        }
    }
}

extension RestoreResult.Recovery {
    /// What a dry run adds.
    var intent: String {
        "; its log is followed up to \(position) of timeline \(timeline)" + (note.map { "; \($0)" } ?? "")
    }
}
