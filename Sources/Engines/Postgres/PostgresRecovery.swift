import Model

/// Looks in the log for where a recovery has to stop.
struct PostgresRecovery {
    let log: any LogSource
    /// What the recovery begins with: where the backup is complete.
    let base: LogPosition
    let fileLength: UInt64

    init(log: any LogSource, base: LogBase) {
        self.log = log
        self.base = base.position
        fileLength = base.fileLength
    }

    /// A stretch of one timeline on the way.
    private struct Leg {
        var timeline: UInt32
        var from: UInt64
        var to: UInt64?
    }

    /// - Returns: nil when nothing follows the backup that counts.
    /// - Throws: `target-not-reached` when the log doesn't go that far or has no such thing; `wrong-usage` for a position
    ///   that is none; damage of the log.
    func stop(at target: LogTarget) throws -> LogStop? {
        // The newest timeline that goes on from the backup, which is where the server has been last.
        let timelines = log.timelines.keys.filter { $0 >= base.timeline }.sorted(by: >)
        for timeline in timelines {
            guard let way = way(to: timeline) else { continue }
            return try stop(at: target, on: way)
        }
        switch target {
        case .end, .time: return nil
        case .position, .transaction, .restorePoint: throw missing("no log was received after this backup")
        }
    }

    private func way(to timeline: UInt32) -> [Leg]? {
        if timeline == base.timeline { return [Leg(timeline: timeline, from: base.offset, to: nil)] }
        let ancestors = PostgresTimelines(log.timelines[timeline] ?? "")
        guard let end = ancestors.end(of: base.timeline), end.value >= base.offset else { return nil }
        var legs = [Leg(timeline: base.timeline, from: base.offset, to: end.value)]
        for ancestor in ancestors.ancestors where ancestor.timeline > base.timeline {
            legs.append(Leg(timeline: ancestor.timeline, from: legs.last?.to ?? 0, to: ancestor.end.value))
        }
        return legs + [Leg(timeline: timeline, from: legs.last?.to ?? 0, to: nil)]
    }

    private func stop(at target: LogTarget, on way: [Leg]) throws -> LogStop? {
        let position = try position(target)
        var parser = PostgresLogParser(from: base.offset, fileLength: fileLength)
        var search = Search(target: target, position: position, before: nil)
        var found: LogStop?
        var timeline = base.timeline
        for leg in way {
            let reached = try log.read(leg.timeline, from: leg.from, to: leg.to) { offset, bytes in
                parser.feed(bytes, at: offset) { record in
                    timeline = leg.timeline
                    found = search.take(record, timeline: timeline)
                    return found == nil
                }
            }
            if let found { return found }
            if parser.isOver || leg.to.map({ reached < $0 }) ?? log.goesOn(leg.timeline, beyond: reached) {
                throw broken(leg.timeline, at: parser.isOver ? parser.position : reached, search)
            }
            guard let end = leg.to, reached >= end else { break }
        }
        let outcome = search.outcome(timeline: timeline)
        switch target {
        case .end, .time: return outcome
        case .position, .transaction, .restorePoint: return try outcome ?? { throw missing(search.shortfall) }()
        }
    }

    private func position(_ target: LogTarget) throws -> UInt64? {
        guard case .position(let text) = target else { return nil }
        guard let lsn = PostgresLSN(text) else {
            throw Fault(.wrongUsage, "\(text) is no position of a log", hint: "write it as 0/3000060")
        }
        guard lsn.value >= base.offset else {
            throw missing("\(text) lies before \(PostgresLSN(base.offset)), where this backup begins to be usable")
        }
        return lsn.value
    }

    /// What was received goes on, but can't be followed there.
    private func broken(_ timeline: UInt32, at position: UInt64, _ search: Search) -> Fault {
        let last = search.before.map { PostgresLSN($0.start).description }
        return Fault(
            .targetNotReached,
            "the log that was received after this backup has a gap at \(PostgresLSN(position)) of timeline \(timeline)",
            hint: last.map { "`--lsn \($0)` leads up to it; a later backup lies behind it" }
                ?? "restore the backup as it is with --backup, or a later one")
    }

    private func missing(_ what: String) -> Fault {
        Fault(
            .targetNotReached, what,
            hint: "name a time with --at, or a backup with --backup; `holdfast backups` lists them")
    }
}

/// The state of a search through the records of a log.
private struct Search {
    let target: LogTarget
    let position: UInt64?
    /// The last record that counts if the next one doesn't.
    var before: (start: UInt64, end: UInt64)?
    var committed: Instant?
    /// Of any transaction.
    var newest: Instant?

    /// - Returns: where to stop, once that is known.
    mutating func take(_ record: PostgresLogParser.Record, timeline: UInt32) -> LogStop? {
        let ended = record.ended
        if case .time(let limit) = target, let ended, ended > limit {
            // The record before this one, which may lie in the backup.
            let last = before ?? (record.previous, record.start)
            return LogStop(
                timeline: timeline, last: last.start, place: PostgresLSN(last.start).description, end: last.end,
                committed: committed)
        }
        before = (record.start, record.end)
        if let ended { newest = max(ended, newest ?? ended) }
        if record.isCommit { committed = ended ?? committed }
        let isIt =
            switch target {
            case .end, .time: false
            case .position: position.map { record.start >= $0 } ?? false
            case .transaction(let number): record.isCommit && record.transaction == UInt32(truncatingIfNeeded: number)
            case .restorePoint(let name): record.restorePoint == name
            }
        return isIt
            ? LogStop(
                timeline: timeline, last: record.start, place: PostgresLSN(record.start).description, end: record.end,
                committed: committed) : nil
    }

    /// At the end of the log.
    func outcome(timeline: UInt32) -> LogStop? {
        switch target {
        case .end, .time:
            before.map {
                LogStop(
                    timeline: timeline, last: $0.start, place: PostgresLSN($0.start).description, end: $0.end,
                    committed: committed)
            }
        case .position:
            // The last record may begin before the position and reach up to it.
            before.flatMap { last in
                position.map { $0 <= last.end } == true
                    ? LogStop(
                        timeline: timeline, last: last.start, place: PostgresLSN(last.start).description, end: last.end,
                        committed: committed) : nil
            }
        case .transaction, .restorePoint: nil
        }
    }

    var shortfall: String {
        switch target {
        case .end, .time: "nothing of the log was received after this backup"
        case .position(let text): "the log that was received ends before \(text)"
        case .transaction(let number): "the log after this backup has no commit of transaction \(number)"
        case .restorePoint(let name): "the log after this backup has no restore point \(name)"
        }
    }
}
