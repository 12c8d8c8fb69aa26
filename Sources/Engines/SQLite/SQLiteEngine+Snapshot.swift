import Model
import Platform

extension SQLiteEngine {
    package func changes(of database: FoundDatabase, since token: String?) -> ChangeFinding {
        guard let token else { return .unknown(reason: "there is no backup to compare with") }
        guard let token = ChangeToken(token) else { return .unknown(reason: "another release left its notes") }
        do {
            let source = try DatabaseSource(database)
            let look = try SourceLook(source)
            let finding = token.finding(now: look)
            guard finding != .unchanged, let place = token.place(in: look) else { return finding }
            return try logged(source, since: place, token)
        } catch let doubt as LogDoubt {
            return .unknown(reason: doubt.reason)
        } catch {
            return .unknown(reason: Fault.wrapping(error).message)
        }
    }

    /// What clients have written to the log since `place`, which the token's snapshot saw.
    private func logged(
        _ source: DatabaseSource, since place: LogPlace, _ token: ChangeToken
    ) throws -> ChangeFinding {
        let (found, end) = try loggedPages(source, since: place)
        let pageSize = Int64(try source.header().pageSize)
        let before = token.pages ?? UInt32(clamping: token.look.main.size / pageSize)
        let after = end.pages > 0 ? end.pages : UInt32(clamping: try source.mainIdentity().size / pageSize)
        return .pages([0: try found.named(before: before, after: after)])
    }

    private func loggedPages(
        _ source: DatabaseSource, since place: LogPlace
    ) throws -> (LoggedPages, LogPlace) {
        if let found = followings.pages(of: source.key, since: place) { return found }
        guard let log = try source.open("-wal"), let shared = try source.open("-shm") else { throw LogDoubt.gone }
        do {
            return try LogTrail(log: log, shared: shared, path: source.key, known: readLogs).pages(since: place)
        } catch let doubt as LogDoubt {
            if doubt.isTooFast { followings.begin(source.key, source) }
            throw doubt
        }
    }

    package func snapshot(of database: FoundDatabase, patience: Patience) throws -> any Snapshot {
        let source = try DatabaseSource(database)
        do {
            let look = try SourceLook(source)
            guard try source.isInPlace() else { throw source.changed() }
            if try JournalRecovery.isNeeded(source) { return try recovered(source, look) }
            if let log = look.log, log.size > 0 {
                try source.waitForExclusiveHolder(lockDeadline)
                return try logged(source, look, patience)
            }
            // The log was empty, and got its first frames before the index was read: the main file is not that state.
            guard look.place?.frame ?? 0 == 0 else { throw source.changed() }
            let header = try source.header()
            return try header.usesLog
                ? ImageSnapshot(resting: source, header: header, look: look) : locked(source, look, patience)
        } catch let fault as Fault where fault.code == .sourceChanged {
            guard try source.identity() != nil else {
                throw Fault(
                    .notFound, "database \(database.name) no longer exists", hint: DatabaseSource.goneHint)
            }
            throw fault
        }
    }

    /// A hot journal, unless its writer is just committing: then readers are kept out for a moment.
    private func recovered(_ source: DatabaseSource, _ look: SourceLook) throws -> any Snapshot {
        try source.waitForExclusiveHolder(lockDeadline)
        guard try JournalRecovery.isNeeded(source), try SourceLook(source) == look else { throw source.changed() }
        return try JournalRecovery(source: source, scratch: server.scratch).run(look: look)
    }

    /// Rollback mode. The wait, without a lock, makes the token good for an `unchanged` if no commit follows.
    private func locked(
        _ source: DatabaseSource, _ look: SourceLook, _ patience: Patience
    ) throws -> any Snapshot {
        StampClock.pass(look.main)
        let scratch = ScratchCopy(folder: server.scratch)
        let canClone = try scratch.canClone(source.main)
        // A clone writes back what is dirty first: better before the lock than under it.
        if canClone { try source.main.sync() }
        let lock = ReaderLock(source, deadline: lockDeadline)
        try lock.take()
        defer { lock.release() }
        if try JournalRecovery.isNeeded(source) { throw source.changed() }
        let look = try SourceLook(source)
        let header = try source.header()
        guard (look.log?.size ?? 0) == 0, !header.usesLog else { throw source.changed() }
        if header.isTruncated(at: look.main.size) {
            throw source.truncated(look.main.size, header.pages ?? 1, header.pageSize)
        }
        guard patience == .exhausted || canClone else {
            return try SlicedSnapshot(source, lock: lock, header: header, look: look)
        }
        let began = BootClock.now()
        let copy = try scratch.copy(of: source.main)
        return try image(copy, source, header, look, held: BootClock.now() - began)
    }

    private func image(
        _ copy: File, _ source: DatabaseSource, _ header: DatabaseHeader, _ look: SourceLook, held: Duration
    ) throws -> ImageSnapshot {
        ImageSnapshot(
            copy: copy, file: try SnapshotFile(source, length: look.main.size, pageSize: header.pageSize),
            instant: WallClock.now(), token: ChangeToken(look).text,
            notes: held > .milliseconds(250) ? [.writersHeld(held)] : [])
    }
}

extension SQLiteEngine {
    /// A log with content: read along with the clients that use it, or on its own when there are none.
    private func logged(_ source: DatabaseSource, _ look: SourceLook, _ patience: Patience) throws -> any Snapshot {
        guard let log = try source.open("-wal") else { throw source.changed() }
        if let shared = try source.open("-shm"),
            try SharedIndex.isInUse(shared),
            let guardian = try LiveLogGuardian.acquire(
                source, log: log, shared: shared, holdsMain: patience == .exhausted)
        {
            do {
                return try live(source, log, guardian, look)
            } catch {
                guardian.release()
                throw error
            }
        }
        return try abandoned(source, log, look)
    }

    private func live(
        _ source: DatabaseSource, _ log: File, _ guardian: LiveLogGuardian, _ look: SourceLook
    ) throws -> any Snapshot {
        let index = guardian.index
        followings.mark(source.key, LogPlace(index))
        let instant = WallClock.now()
        var committed: CommittedLog?
        if !guardian.isAllInMain {
            committed = try readLogs.read(log, of: source.key, upTo: LogPlace(index))?
                .committed(upTo: index.lastFrame)
            guard committed != nil else { throw source.changed() }
        }
        var look = look
        look.index = Hexadecimal.encode(index.head)
        let pageSize = try committed?.header.pageSize ?? source.header().pageSize
        let pages =
            index.pages > 0 ? index.pages : UInt32(clamping: try source.mainIdentity().size / Int64(pageSize))
        guard try guardian.confirms() else { throw source.changed() }
        return try LogSnapshot(
            source, log: log, committed: committed, pages: pages, pageSize: pageSize, guardian: guardian,
            instant: instant, look: look)
    }

    private func abandoned(_ source: DatabaseSource, _ log: File, _ look: SourceLook) throws -> any Snapshot {
        StampClock.pass(look.main)
        guard try source.mainIdentity() == look.main else { throw source.changed() }
        let committed = try CommittedLog.scan(log)
        let header = try source.header()
        let hasCommits = (committed?.lastFrame ?? 0) > 0
        let guardian = AbandonedLogGuardian(
            source, log: log, header: committed?.header, identity: look.main, holdsCommits: hasCommits)
        if !hasCommits, header.isTruncated(at: look.main.size) {
            throw source.truncated(look.main.size, header.pages ?? 1, header.pageSize)
        }
        let pageSize = hasCommits ? committed?.header.pageSize ?? header.pageSize : header.pageSize
        let pages = hasCommits ? committed?.pages ?? 0 : UInt32(clamping: look.main.size / Int64(pageSize))
        return try LogSnapshot(
            source, log: log, committed: hasCommits ? committed : nil, pages: pages, pageSize: pageSize,
            guardian: guardian, instant: WallClock.now(), look: look)
    }
}
