package import Model
package import Policies

/// What asking a server for its databases gave.
package enum Discovery: Sendable {
    /// Everything it has; what is missing here is gone.
    case complete([Sighting], identity: String?)
    /// Nothing is known; nothing counts as gone.
    case unreachable(Fault)
}

/// A database as its server showed it.
package struct Sighting: Sendable, Equatable {
    /// Nil: the unit that has this name already, else a new one.
    package var unit: UnitID?
    package var name: DatabaseName
    package var path: String
    package var engine: String
    package var size: ByteCount?
    /// Why it can't be backed up, when that shows already.
    package var fault: RecordedFault?
    /// What it holds, when it is a whole server.
    package var members: [DatabaseMember]

    package init(
        unit: UnitID? = nil, name: DatabaseName, path: String, engine: String, size: ByteCount? = nil,
        fault: Fault? = nil, members: [DatabaseMember] = []
    ) {
        self.members = members
        self.unit = unit
        self.name = name
        self.path = path
        self.engine = engine
        self.size = size
        self.fault = fault.map { RecordedFault($0) }
    }
}

/// What a discovery changed in the catalog.
package struct DiscoveryChanges: Sendable, Equatable {
    /// Seen for the first time, or again after their deletion.
    package var found: [DatabaseName] = []
    /// Not seen, for the first time; their deletion is confirmed or denied by a later answer.
    package var missing: [DatabaseName] = []
    /// Their deletion is confirmed.
    package var gone: [DatabaseName] = []
    /// What became of graces.
    package var notices: [GraceNotice] = []
    /// Newly faulty.
    package var faulty: [Faulty] = []
    /// The server did not answer, but had before; or for another reason than before.
    package var lost: RecordedFault?
    /// The server answers again.
    package var isBack = false

    package struct Faulty: Sendable, Equatable {
        package let name: DatabaseName
        package let fault: RecordedFault
    }

    package struct GraceNotice: Sendable, Equatable {
        package let name: DatabaseName
        package let order: GraceOrder
    }

    package init() {}

    /// One message a change.
    /// - Parameter zone: for the times in them.
    package func messages(server: String, zone: ZoneOffset) -> [MessageDraft] {
        var drafts: [MessageDraft] = []
        if let lost {
            drafts.append(
                MessageDraft(
                    .error, .serverUnreachable, "server \(server) is unreachable", cause: lost.text,
                    hint: lost.hint ?? "nothing of it counts as deleted until it answers"))
        }
        if isBack { drafts.append(MessageDraft(.success, .serverReachable, "server \(server) is reachable again")) }
        drafts += found.map { MessageDraft(.info, .databaseFound, "found database \($0)", database: $0) }
        drafts += missing.map {
            MessageDraft(
                .warning, .databaseGone, "database \($0) is not there any more", database: $0,
                hint: "its deletion is confirmed when it is still missing in a minute; if it was moved, run "
                    + "`holdfast databases adopt NEW --from \($0.shellWord)`")
        }
        drafts += notices.map { MessageDraft($0.order.notice(of: $0.name, zone: zone), database: $0.name) }
        drafts += faulty.map {
            MessageDraft(
                .error, $0.fault.code, "cannot back up \($0.name): \($0.fault.text)", database: $0.name,
                hint: $0.fault.hint)
        }
        return drafts
    }
}

/// A database that the repository knows, for a catalog that doesn't.
package struct StoredDatabase: Sendable, Equatable {
    package var unit: UnitID
    package var name: DatabaseName
    package var server: String
    package var path: String
    package var engine: String
    package var firstBackup: Instant
    package var newest: Capture
    package var lastFull: Instant?
    /// Counts where the catalog knows of none.
    package var lastProven: DatabaseRecord.LastProven?

    package init(
        unit: UnitID, name: DatabaseName, server: String, path: String, engine: String, firstBackup: Instant,
        newest: Capture, lastFull: Instant?, lastProven: DatabaseRecord.LastProven? = nil
    ) {
        self.lastProven = lastProven
        self.unit = unit
        self.name = name
        self.server = server
        self.path = path
        self.engine = engine
        self.firstBackup = firstBackup
        self.newest = newest
        self.lastFull = lastFull
    }
}

/// Under what circumstances a server was asked.
package struct DiscoveryTerms: Sendable {
    package var reading: ClockReading
    package var clockIsTrusted: Bool
    /// Days that the backups of a deleted database are kept.
    package var deletedDays: @Sendable (DatabaseName) -> Int
    /// For the times in messages.
    package var zone: ZoneOffset

    package init(
        reading: ClockReading, clockIsTrusted: Bool, deletedDays: @escaping @Sendable (DatabaseName) -> Int,
        zone: @escaping ZoneOffset
    ) {
        self.reading = reading
        self.clockIsTrusted = clockIsTrusted
        self.deletedDays = deletedDays
        self.zone = zone
    }

    var instant: Instant { reading.wall }

    func grace(of name: DatabaseName) -> GraceTerms {
        GraceTerms(reading: reading, clockIsTrusted: clockIsTrusted, deletedDays: deletedDays(name))
    }
}

extension MessageDraft {
    package init(_ notice: Notice, database: DatabaseName? = nil) {
        self.init(notice.severity, notice.code, notice.text, database: database, hint: notice.hint)
    }
}
