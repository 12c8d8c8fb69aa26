import Model

/// The state of a search through the records of a log for where to stop.
struct PostgresLogSearch {
    let target: LogTarget
    /// Of a target that is one.
    let position: UInt64?
    private var counter: PostgresTransactionCounter
    /// The last record that counts if the next one doesn't.
    private(set) var before: (start: UInt64, end: UInt64)?
    private var committed: Instant?
    /// When the newest transaction ended, of any.
    private(set) var newest: Instant?
    /// Places with the name that is looked for; the last one counts.
    private var places: [(at: Instant, stop: LogStop)] = []
    /// When the transaction that is looked for was rolled back.
    private var rolledBack: Instant?

    init(target: LogTarget, position: UInt64?, counter: PostgresTransactionCounter) {
        self.target = target
        self.position = position
        self.counter = counter
    }

    /// - Returns: where to stop, once that is known.
    mutating func take(_ record: PostgresLogParser.Record, timeline: UInt32) -> LogStop? {
        let ending = record.ending
        if case .time(let limit) = target, let ending, ending.at > limit {
            // The record before this one, which may lie in the backup.
            return stop(before ?? (record.previous, record.start), timeline)
        }
        before = (record.start, record.end)
        if let ending {
            newest = max(ending.at, newest ?? ending.at)
            if ending.isCommit { committed = ending.at }
        }
        counter.see(record.transaction)
        let here = stop((record.start, record.end), timeline)
        switch target {
        case .end, .time: return nil
        case .position: return position.map { record.start >= $0 } ?? false ? here : nil
        case .transaction(let number): return ending.flatMap { end(of: number, $0, here) }
        case .restorePoint(let name):
            if let place = record.namedPlace, place.name.isSame(as: name) { places.append((place.at, here)) }
            return nil
        }
    }

    private mutating func end(of number: UInt64, _ ending: PostgresLogEnding, _ here: LogStop) -> LogStop? {
        let isChild = ending.subtransactions.contains { counter.isIt($0, number) }
        guard isChild || counter.isIt(ending.transaction, number) else { return nil }
        guard ending.isCommit else {
            rolledBack = ending.at
            return nil
        }
        var here = here
        if isChild {
            here.note = "\(number) is a subtransaction of \(ending.transaction), which was committed with it"
        }
        return here
    }

    private func stop(_ last: (start: UInt64, end: UInt64), _ timeline: UInt32) -> LogStop {
        LogStop(
            timeline: timeline, last: last.start, place: PostgresLSN(last.start).description, end: last.end,
            committed: committed)
    }

    /// At the end of the log.
    func outcome(timeline: UInt32) -> LogStop? {
        switch target {
        case .end, .time: before.map { stop($0, timeline) }
        case .position:
            // The last record may begin before the position and reach up to it.
            before.flatMap { last in position.map { $0 <= last.end } == true ? stop(last, timeline) : nil }
        case .restorePoint: newestPlace
        case .transaction: nil
        }
    }

    /// Where the log goes on behind a gap: what was found before it.
    func outcomeAtGap(timeline: UInt32) -> LogStop? {
        switch target {
        case .time(let limit): newest.map { $0 >= limit } == true ? outcome(timeline: timeline) : nil
        case .restorePoint: newestPlace
        case .end, .position, .transaction: nil
        }
    }

    private var newestPlace: LogStop? {
        guard var last = places.last?.stop else { return nil }
        if places.count > 1 {
            let all = places.map { "\(PostgresLogTime.text($0.at)) (--lsn \($0.stop.place))" }
            last.note =
                "\(places.count) restore points after this backup have that name: \(all.joined(separator: ", ")); the "
                + "newest one is taken"
        }
        return last
    }

    var shortfall: String {
        switch target {
        case .end, .time: "nothing of the log was received after this backup"
        case .position(let text): "the log that was received ends before \(text)"
        case .transaction(let number):
            rolledBack.map { "transaction \(number) was rolled back at \(PostgresLogTime.text($0))" }
                ?? "the log after this backup has no commit of transaction \(number)"
        case .restorePoint(let name): "the log after this backup has no restore point \(name)"
        }
    }
}
