package import Model

/// What a server answered when asked for its databases.
package enum Discovery: Sendable {
    /// The server was seen whole: a database that is not listed is not there.
    case complete(Finding)
    /// Some or all of it could not be seen: what is not listed may well exist, and nothing counts as deleted.
    case unreachable(Fault, Finding)

    package var finding: Finding {
        switch self {
        case .complete(let finding), .unreachable(_, let finding): finding
        }
    }

    package struct Finding: Sendable {
        /// By name. Those with a fault can't be backed up as they are.
        package var databases: [FoundDatabase]
        /// To be kept and handed to the next discovery of this server; opaque.
        package var memory: String

        package init(databases: [FoundDatabase], memory: String) {
            self.databases = databases
            self.memory = memory
        }
    }
}

/// A database that a server has now.
package struct FoundDatabase: Sendable, Hashable {
    package var name: DatabaseName
    /// Absolute, free of symbolic links, in the form of `NativePath.text`.
    package var path: String
    /// Bytes on disk, sidecar files not counted.
    package var size: ByteCount
    /// Why it can't be backed up as it is: `not-a-database`, `database-unreadable`, `database-truncated` or
    /// `database-unrecognised`.
    package var fault: Fault?
    /// What it holds, when it is a whole server; by name.
    package var members: [FoundMember]

    package init(
        name: DatabaseName, path: String, size: ByteCount = .zero, fault: Fault? = nil, members: [FoundMember] = []
    ) {
        self.name = name
        self.path = path
        self.size = size
        self.fault = fault
        self.members = members
    }

    package static func == (left: FoundDatabase, right: FoundDatabase) -> Bool {
        left.name == right.name && left.path.isSame(as: right.path) && left.size == right.size
            && left.fault == right.fault
            && left.members == right.members
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(path)
    }
}

/// A database of a server that is backed up as one.
package struct FoundMember: Sendable, Hashable {
    package var name: DatabaseName
    package var size: ByteCount
    /// As its server says it, such as `open` or `closed`.
    package var state: String

    package init(name: DatabaseName, size: ByteCount, state: String) {
        self.name = name
        self.size = size
        self.state = state
    }
}
