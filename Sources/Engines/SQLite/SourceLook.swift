import Glibc
import Model
import Platform

/// What can be seen of a database's state without reading a page.
struct SourceLook: Codable, Equatable {
    var main: FileIdentity
    var changeCounter: UInt32
    var writeVersion: UInt8
    var readVersion: UInt8
    var log: FileIdentity?
    var journal: FileIdentity?
    /// Hexadecimal head of the wal-index; nil unless running clients keep it up to date.
    var index: String?

    init(_ source: DatabaseSource) throws {
        main = try source.mainIdentity()
        log = try source.identity("-wal")
        journal = try source.identity("-journal")
        let header = try source.header()
        changeCounter = header.changeCounter
        writeVersion = header.writeVersion
        readVersion = header.readVersion
        if log != nil, let file = try source.open("-shm"), try SharedIndex.isInUse(file),
            let shared = try SharedIndex.settled(file, tries: 10)
        {
            index = Hexadecimal.encode(shared.head)
        }
    }
}

extension SourceLook {
    /// What the index told of the log; nil without running clients.
    var place: LogPlace? {
        index.flatMap(Hexadecimal.decode).flatMap(SharedIndex.init(head:)).map(LogPlace.init)
    }
}

/// A snapshot's token: the look of the source when it was taken.
struct ChangeToken: Codable, Equatable {
    /// Format 1 took a log that nothing was written to for a place to go on from: pages may have been missed since. All are
    /// compared once after a token of it.
    static let format = 2

    var format = Self.format
    var look: SourceLook
    /// Nanoseconds since 1970.
    var taken: Int64
    /// Whether a write right after the look could have left the same stamps.
    var isRacy: Bool
    /// The run of the machine in which it was taken: what a log held then, a crash of the machine may have undone.
    var boot: String?
    /// Of the image, where the look may be older than it: a checkpoint in between cuts the main file off.
    var pages: UInt32?

    init(_ look: SourceLook, pages: UInt32? = nil) {
        self.look = look
        self.pages = pages
        taken = StampClock.now()
        boot = BootClock.bootID
        isRacy = [look.main, look.log, look.journal].contains { $0?.isRacy(at: StampClock.now()) ?? false }
    }

    init?(_ text: String) {
        guard let token = try? Records.decode(ChangeToken.self, from: text), token.format == Self.format else {
            return nil
        }
        self = token
    }

    var text: String { Records.encode(self) }

    /// What has changed between this token and a later look.
    func finding(now look: SourceLook) -> ChangeFinding {
        if let place = look.place, place.salts != .none, look == self.look { return .unchanged }
        guard look == self.look else { return .unknown(reason: Self.difference(self.look, look)) }
        return isRacy ? .unknown(reason: "the last backup was taken right after a change") : .unchanged
    }

    /// The place in the log, if it is still the same log of the same database that running clients use.
    func place(in look: SourceLook) -> LogPlace? {
        guard look.main.isSameFile(as: self.look.main), let log = look.log, log.isSameFile(as: self.look.log),
            (look.writeVersion, look.readVersion) == (self.look.writeVersion, self.look.readVersion),
            look.journal == nil, self.look.journal == nil, look.index != nil, boot == BootClock.bootID
        else { return nil }
        return self.look.place
    }

    private static func difference(_ old: SourceLook, _ new: SourceLook) -> String {
        if !new.main.isSameFile(as: old.main) { return "the database was replaced by another file" }
        if (new.writeVersion, new.readVersion) != (old.writeVersion, old.readVersion) {
            return "the journal mode was changed"
        }
        if new.index != old.index || new.log != old.log { return "the write-ahead log has changed" }
        return "the database file has changed"
    }
}
