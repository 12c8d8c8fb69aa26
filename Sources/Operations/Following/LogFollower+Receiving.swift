import Catalog
import Engines
import Model
import Platform
import Storage
import Synchronization

extension LogFollower {
    /// - Parameters:
    ///   - start: what of that which is stored is gone on with.
    ///   - began: called when the server has sent the first it had to say: only then it has what is wanted.
    func follow(_ unit: BackupUnit, _ start: Start, began: () -> Void) throws {
        let slot = host.logSlot(of: server, unit.id)
        state.withLock { $0.slot = slot }
        var (stream, shelf, check) = try begin(unit, slot, start)
        state.withLock { $0.stream = stream }
        defer {
            state.withLock { $0.stream = nil }
            stream.interrupt()
        }
        let isFirst = now.stored == nil
        let durable = shelf.durable
        var (hasBegun, isBehind) = (false, true)
        show(shelf, stream, isBehind: true)
        var unstoredSince: Duration?
        var lagged = BootClock.now()
        while !isStopped {
            let now = BootClock.now()
            let due = unstoredSince.map { $0 + Self.interval }
            if let due, now >= due {
                try store(&shelf, stream, isBehind: isBehind)
                unstoredSince = nil
                continue
            }
            let event = try stream.next(within: due.map { $0 - now } ?? Self.patience)
            if !hasBegun, !shelf.hasUnstored {
                // Not before anything that came was stored: else each attempt at a full repository would be a new one.
                hasBegun = shelf.durable > durable || (event?.isIdle ?? false)
                if hasBegun {
                    began()
                    tellBegun(isFirst: isFirst)
                }
            }
            switch event {
            case .bytes(let bytes, let written, let isNewest):
                isBehind = !isNewest
                let rest = try compare(bytes, &check)
                let before = shelf.durable
                try confirm(shelf)
                try shelf.take(Array(rest), written: written)
                if shelf.durable > before { try acknowledge(shelf, stream, isBehind: isBehind) }
                unstoredSince = shelf.hasUnstored ? unstoredSince ?? BootClock.now() : nil
            case .idle(let written):
                if !shelf.hasUnstored { state.withLock { $0.complete = written } }
            case .switched:
                try store(&shelf, stream, isBehind: isBehind)
                shelf = LogShelf(
                    unit, from: stream.position, history: stream.history, branch: shelf.branch,
                    compression: shelf.compression)
                check = []
                unstoredSince = nil
            case nil: break
            }
            if BootClock.now() - lagged > Self.lagInterval {
                lagged = BootClock.now()
                lookAtLag()
            }
        }
    }

    /// A stream, the shelf for what comes, and what has to come first because it is stored already.
    private func begin(
        _ unit: BackupUnit, _ slot: LogSlot, _ start: Start
    ) throws -> (any LogStream, LogShelf, check: [UInt8]) {
        let compression = host.repositories.compression
        let logs = try StoredLogs(of: unit)
        func shelf(of stream: any LogStream, branch: Int) -> LogShelf {
            LogShelf(unit, from: stream.position, history: stream.history, branch: branch, compression: compression)
        }
        let goesOn = start == .goingOn || start == .unchecked
        guard goesOn, let newest = logs.newest, let last = newest.stretches.last else {
            let stream = try open(slot, after: nil, stored: 0)
            let next = logs.nextBranch(of: stream.position.system)
            if goesOn { try requireBackup(of: unit, before: stream.position) }
            return (stream, shelf(of: stream, branch: start == .newBranch ? next : max(0, next - 1)), [])
        }
        if start == .unchecked {
            let end = LogPosition(system: newest.last.system, timeline: last.timeline, offset: last.to)
            let stream = try open(slot, after: end, stored: last.to)
            return (stream, shelf(of: stream, branch: newest.last.branch), [])
        }
        let log = try StoredLog(newest.stretches, in: unit)
        let (old, check, at) = try LogShelf.goingOn(after: last, log, record: newest.last, compression: compression)
        let stream = try open(slot, after: at, stored: last.to)
        return stream.position == at
            ? (stream, old, check) : (stream, shelf(of: stream, branch: newest.last.branch), [])
    }

    /// What was written between the newest backup and here was not received: only a new backup leads into this log.
    private func requireBackup(of unit: BackupUnit, before position: LogPosition) throws {
        guard let record = try unit.newest(), let base = try EngineDefaults(of: record).logBase(of: record)?.position,
            base.system != position.system || (base.timeline == position.timeline && base.offset < position.offset)
        else { return }
        state.withLock { $0.needsBackup = true }
        host.say([
            MessageDraft(
                .error, .logGap,
                "the log of server \(server.name) between backup \(record.id) and now was not received",
                database: DatabaseName(server.name), hint: "a full backup follows at once")
        ])
    }

    private func open(_ slot: LogSlot, after: LogPosition?, stored: UInt64) throws -> any LogStream {
        guard let stream = try server.engine.followLog(slot, after: after, stored: stored) else {
            throw Fault(.internalError, "server \(server.name) has no log")
        }
        return stream
    }

    /// What is stored already has to come again as it was.
    private func compare(_ bytes: [UInt8], _ check: inout [UInt8]) throws -> ArraySlice<UInt8> {
        guard !check.isEmpty else { return bytes[...] }
        let count = min(check.count, bytes.count)
        guard check.prefix(count).elementsEqual(bytes.prefix(count)) else {
            throw Fault(
                .logDiffers,
                "server \(server.name) has another log than was received at the same place",
                hint: "it went back in time, or is another one; points in time before that stay restorable")
        }
        check.removeFirst(count)
        return bytes.dropFirst(count)
    }

    private func store(_ shelf: inout LogShelf, _ stream: any LogStream, isBehind: Bool) throws {
        try confirm(shelf)
        try shelf.store()
        try acknowledge(shelf, stream, isBehind: isBehind)
    }

    /// Nothing is written where the repository was: it may be the disk below a file system that was unmounted.
    private func confirm(_ shelf: LogShelf) throws { try host.repositories.confirm(shelf.unit.repository) }

    private func acknowledge(_ shelf: LogShelf, _ stream: any LogStream, isBehind: Bool) throws {
        try confirm(shelf)
        try stream.acknowledge(shelf.durable)
        show(shelf, stream, isBehind: isBehind)
    }

    private func show(_ shelf: LogShelf, _ stream: any LogStream, isBehind: Bool) {
        state.withLock { state in
            state.stored = LogPosition(
                system: stream.position.system, timeline: stream.position.timeline, offset: shelf.durable)
            if !isBehind, let written = shelf.completeAsOf { state.complete = max(written, state.complete ?? written) }
        }
        wake()
    }
}
