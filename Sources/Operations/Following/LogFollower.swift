import Catalog
import Engines
import Foundation
import Model
import Platform
import Storage
import Synchronization

/// Receives the log of one server, on a thread of its own, until it is stopped.
///
/// What comes is in the repository at most a second later, and only then the server may let go of it. Whatever fails is
/// tried again; what a failure left out the server still has, up to the limit of its slot.
final class LogFollower: Sendable {
    /// Unstored log is at most so old.
    private static let interval = Duration.seconds(1)
    /// A stream is looked at so often when nothing comes.
    private static let patience = Duration.seconds(20)
    private static let longestPause = Duration.seconds(60)
    private static let lagInterval = Duration.seconds(60)

    struct State: Sendable {
        /// All before it is in the repository.
        var stored: LogPosition?
        /// Nothing that the server had written by then is missing.
        var complete: Instant?
        var lag: LogLag?
        /// Why nothing is received at present.
        var fault: Fault?
        var isStopped = false
        fileprivate var stream: (any LogStream)?
        fileprivate var slot: LogSlot?
    }

    /// How following begins.
    private enum Start {
        /// Where what is stored ends.
        case goingOn
        /// Where the server still has its log.
        case behindGap
        /// The same, and nothing that is stored belongs to it.
        case newBranch

        init(after fault: Fault) {
            switch fault.code {
            case .logGap: self = .behindGap
            case .logDiffers: self = .newBranch
            default: self = .goingOn
            }
        }
    }

    let server: HostedServer
    private let host: Host
    private let state = Mutex(State())
    private let changed = NSCondition()

    init(_ server: HostedServer, of host: Host) {
        self.server = server
        self.host = host
    }

    var now: State { state.withLock { $0 } }

    func start() { Threads.start("log-\(server.name)") { [self] in run() } }

    /// Ends it soon; what it hasn't stored the server still has.
    func stop() {
        let stream = state.withLock { state in
            state.isStopped = true
            return state.stream
        }
        stream?.interrupt()
        wake()
    }

    /// Something happened that it may wait for, such as a first backup.
    func wake() {
        changed.lock()
        changed.broadcast()
        changed.unlock()
    }

    /// Waits until all before a position is stored.
    /// - Returns: whether it is.
    func wait(for position: LogPosition, within limit: Duration, step: () throws -> Void) rethrows -> Bool {
        let deadline = BootClock.now() + limit
        while BootClock.now() < deadline {
            try step()
            let now = now
            if let stored = now.stored, stored.system == position.system, stored.timeline == position.timeline,
                stored.offset >= position.offset
            {
                return true
            }
            pause(.milliseconds(200))
        }
        return false
    }

    private var isStopped: Bool { state.withLock { $0.isStopped } }

    private func pause(_ limit: Duration) {
        changed.lock()
        if !isStopped { _ = changed.wait(until: Date(timeIntervalSinceNow: limit.inSeconds)) }
        changed.unlock()
    }

    private func run() {
        var rest = Duration.seconds(1)
        var start = Start.goingOn
        while !isStopped {
            do {
                guard let unit = try unit() else {
                    pause(.seconds(3600))
                    continue
                }
                try follow(unit, start) {
                    rest = .seconds(1)
                    start = .goingOn
                }
            } catch {
                if isStopped { return }
                let fault = Fault.wrapping(error)
                start = Start(after: fault)
                tell(fault)
                if start != .goingOn { continue }
            }
            pause(rest)
            rest = min(rest * 2, Self.longestPause)
        }
    }

    /// Nil while the server has no backup for its log to go on from.
    private func unit() throws -> BackupUnit? {
        let records = try host.catalog.databases().filter { $0.server == server.name && $0.state != .gone }
        guard let record = records.first, record.lastBackup != nil else { return nil }
        return BackupUnit(record.unit, in: try host.repositories.open())
    }

    private func tell(_ fault: Fault) {
        let isNew = state.withLock { state in
            defer { state.fault = fault }
            return state.fault?.code != fault.code || state.fault?.message != fault.message
        }
        lookAtLag()
        guard isNew else { return }
        let isLoss = fault.code == .logGap || fault.code == .logDiffers
        let code: Code = isLoss || fault.code == .slotUnlimited ? fault.code : .logFailed
        host.say([
            MessageDraft(
                isLoss ? .error : .warning, code,
                isLoss ? fault.message : "the log of server \(server.name) is not received: \(fault.message)",
                database: DatabaseName(server.name), cause: fault.cause, hint: fault.hint)
        ])
        if isLoss { host.backUpAfterGap(server) }
    }
}

extension LogFollower {
    /// - Parameters:
    ///   - start: what of that which is stored is gone on with.
    ///   - began: called once bytes can come.
    private func follow(_ unit: BackupUnit, _ start: Start, began: () -> Void) throws {
        let slot = host.logSlot(of: server, unit.id)
        state.withLock { $0.slot = slot }
        var (stream, shelf, check) = try begin(unit, slot, start)
        state.withLock { $0.stream = stream }
        defer {
            state.withLock { $0.stream = nil }
            stream.close()
        }
        began()
        tellBegun(stream)
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
            switch try stream.next(within: due.map { $0 - now } ?? Self.patience) {
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

    private func tellBegun(_ stream: any LogStream) {
        let before = state.withLock { state in
            defer { state.fault = nil }
            return (state.fault, isFirst: state.stored == nil)
        }
        guard before.0 != nil || before.isFirst else { return }
        host.say([
            MessageDraft(
                .info, .logFollowed, "the log of server \(server.name) is received as it is written",
                database: DatabaseName(server.name))
        ])
    }

    private func lookAtLag() {
        guard let slot = state.withLock({ $0.slot }), let lag = try? server.engine.logLag(slot) else { return }
        let wasLarge = state.withLock { state in
            defer { state.lag = lag }
            return state.lag?.isLarge ?? false
        }
        guard lag.isLarge, !wasLarge else { return }
        host.say([
            MessageDraft(
                .warning, .logLag,
                "\(lag.bytes) of the log of server \(server.name) wait to be received"
                    + (lag.limit.map { "; past \($0) they are lost" } ?? ""),
                database: DatabaseName(server.name),
                hint: "see whether the repository's disk is slow or full")
        ])
    }
}

extension LogLag {
    /// More than half of what the server may keep, or than a gigabyte.
    fileprivate var isLarge: Bool { bytes.bytes > min(limit.map { $0.bytes / 2 } ?? .max, 1 << 30) }
}
