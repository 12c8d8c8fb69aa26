import Model

/// Looks in the log for where a recovery has to stop.
struct PostgresRecovery {
    let log: any LogSource
    /// What the recovery begins with: where the backup is complete.
    let base: LogPosition
    let fileLength: UInt64
    private let counter: PostgresTransactionCounter

    init(log: any LogSource, base: LogBase) {
        self.log = log
        self.base = base.position
        fileLength = base.fileLength
        counter = PostgresTransactionCounter(newest: base.transaction)
    }

    /// A stretch of one timeline on the way.
    private struct Leg {
        var timeline: UInt32
        var from: UInt64
        var to: UInt64?
    }

    /// - Parameter timeline: nil is the newest one that goes on from the backup, which is where the server has been last.
    /// - Returns: nil when nothing follows the backup that counts.
    /// - Throws: `target-not-reached` when the log doesn't go that far or has no such thing; `wrong-usage` for a position
    ///   that is none; damage of the log.
    func stop(at target: LogTarget, on timeline: UInt32? = nil) throws -> LogStop? {
        let ways = log.timelines.keys.filter { $0 >= base.timeline }.sorted(by: >).compactMap { way(to: $0) }
        if let timeline {
            guard let way = ways.first(where: { $0.last?.timeline == timeline }) else {
                throw missing("no log of timeline \(timeline) was received after this backup")
            }
            return try stop(at: target, on: way)
        }
        guard let way = ways.first else {
            switch target {
            case .end, .time: return nil
            case .position, .transaction, .restorePoint: throw missing("no log was received after this backup")
            }
        }
        do {
            var stop = try stop(at: target, on: way)
            if case .time = target, let found = stop {
                stop?.note = try note(of: found, besides: ways.dropFirst(), target)
            }
            return stop
        } catch var fault as Fault where fault.code == .targetNotReached && ways.count > 1 {
            let others = ways.dropFirst().compactMap { $0.last.map { "\($0.timeline)" } }.joined(separator: ", ")
            fault.hint = "`--timeline` looks on another one, which the server has left: \(others)"
            throw fault
        }
    }

    /// Who names a time in which another timeline was written, too, may mean that one.
    private func note(of found: LogStop, besides ways: some Sequence<[Leg]>, _ target: LogTarget) throws -> String? {
        for way in ways {
            do {
                guard let other = try stop(at: target, on: way), let committed = other.committed,
                    found.committed.map({ $0 < committed }) ?? true
                else { continue }
                return "timeline \(other.timeline), which the server has left, had newer commits by then, up to "
                    + "\(PostgresLogTime.text(committed)): `--timeline \(other.timeline)` leads to them"
            } catch let fault as Fault where fault.code == .targetNotReached {
                continue
            }
        }
        return nil
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
        var search = PostgresLogSearch(target: target, position: position, counter: counter)
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
                if let outcome = search.outcomeAtGap(timeline: timeline) { return outcome }
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
    private func broken(_ timeline: UInt32, at position: UInt64, _ search: PostgresLogSearch) -> Fault {
        let ways = [
            search.newest.map { "`--at \($0.rfc3339Exact())`" },
            search.before.map { "`--lsn \(PostgresLSN($0.start))`" },
        ].compactMap { $0 }
        return Fault(
            .targetNotReached,
            "the log that was received after this backup has a gap at \(PostgresLSN(position)) of timeline \(timeline)",
            hint: ways.isEmpty
                ? "restore the backup as it is with --backup" : "\(ways.joined(separator: " or ")) leads up to it")
    }

    private func missing(_ what: String) -> Fault {
        Fault(
            .targetNotReached, what,
            hint: "name a time with --at, or a backup with --backup; `holdfast backups` lists them")
    }
}
