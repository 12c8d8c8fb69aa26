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
            stream.close()
        }
        let isFirst = now.stored == nil
        var hasBegun = false
        show(shelf, stream)
        var unstoredSince: Duration?
        var lagged = BootClock.now()
        while !isStopped {
            let now = BootClock.now()
            let due = unstoredSince.map { $0 + Self.interval }
            if let due, now >= due {
                try store(&shelf, stream)
                unstoredSince = nil
                continue
            }
            let event = try stream.next(within: due.map { $0 - now } ?? Self.patience)
            if event != nil, !hasBegun {
                hasBegun = true
                began()
                tellBegun(isFirst: isFirst)
            }
            switch event {
            case .bytes(let bytes, let written):
                let rest = try compare(bytes, &check)
                let before = shelf.durable
                try confirm(shelf)
                try shelf.take(Array(rest), written: written)
                if shelf.durable > before { try acknowledge(shelf, stream) }
                unstoredSince = shelf.hasUnstored ? unstoredSince ?? BootClock.now() : nil
            case .idle(let written):
                if !shelf.hasUnstored { state.withLock { $0.complete = written } }
            case .switched:
                try store(&shelf, stream)
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
        guard start == .goingOn, let newest = logs.newest, let last = newest.stretches.last else {
            let stream = try open(slot, after: nil)
            let next = logs.nextBranch(of: stream.position.system)
            return (stream, shelf(of: stream, branch: start == .newBranch ? next : max(0, next - 1)), [])
        }
        let log = try StoredLog(newest.stretches, in: unit)
        let (old, check, at) = try LogShelf.goingOn(after: last, log, record: newest.last, compression: compression)
        let stream: any LogStream
        do {
            stream = try open(slot, after: at)
        } catch let fault as Fault where fault.code == .logGap && !check.isEmpty {
            // The server no longer has what could be compared; it may have what follows.
            stream = try open(slot, after: LogPosition(system: at.system, timeline: at.timeline, offset: last.to))
        }
        return stream.position == at
            ? (stream, old, check) : (stream, shelf(of: stream, branch: newest.last.branch), [])
    }

    private func open(_ slot: LogSlot, after: LogPosition?) throws -> any LogStream {
        guard let stream = try server.engine.followLog(slot, after: after) else {
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

    private func store(_ shelf: inout LogShelf, _ stream: any LogStream) throws {
        try confirm(shelf)
        try shelf.store()
        try acknowledge(shelf, stream)
    }

    /// Nothing is written where the repository was: it may be the disk below a file system that was unmounted.
    private func confirm(_ shelf: LogShelf) throws { try host.repositories.confirm(shelf.unit.repository) }

    private func acknowledge(_ shelf: LogShelf, _ stream: any LogStream) throws {
        try confirm(shelf)
        try stream.acknowledge(shelf.durable)
        show(shelf, stream)
    }

    private func show(_ shelf: LogShelf, _ stream: any LogStream) {
        state.withLock { state in
            state.stored = LogPosition(
                system: stream.position.system, timeline: stream.position.timeline, offset: shelf.durable)
            if let written = shelf.completeAsOf { state.complete = max(written, state.complete ?? written) }
        }
        wake()
    }
}
