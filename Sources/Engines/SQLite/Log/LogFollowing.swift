import Synchronization

/// A followed log, shared by the thread that looks after it and the backups that ask it.
final class LogFollowing: Sendable {
    /// Nil once it is over.
    private let log: Mutex<FollowedLog?>

    /// - Parameter place: of a snapshot that still keeps the log from being started over.
    /// - Returns: nil when there is no slot that nobody uses, or the log has gone on already.
    init?(_ source: DatabaseSource, from place: LogPlace) throws {
        guard let log = try FollowedLog(source, from: place) else { return nil }
        self.log = Mutex(log)
    }

    /// Looks once.
    /// - Returns: how long to wait for the next look; nil when it is over.
    func look() -> Duration? {
        log.withLock { log -> Duration? in
            guard var now = log.take() else { return nil }
            do {
                guard let wait = try now.look() else { return nil }
                log = now
                return wait
            } catch { return nil }
        }
    }

    /// A snapshot begins at `place`, which the index just told.
    func mark(_ place: LogPlace) {
        log.withLock { log in
            guard var now = log.take() else { return }
            do {
                try now.mark(place)
                log = now
            } catch {}
        }
    }

    /// - Returns: what was written from `place` on, a superset, and the place up to which; nil when that is unknown.
    func pages(since place: LogPlace) -> (LoggedPages, LogPlace)? {
        log.withLock { log -> (LoggedPages, LogPlace)? in
            guard var now = log.take() else { return nil }
            do {
                let found = try now.pages(since: place)
                log = now
                return found
            } catch { return nil }
        }
    }

    /// Lets go of all locks; may be called again.
    func end() { log.withLock { $0 = nil } }

    var isOver: Bool { log.withLock { $0 == nil } }
}
