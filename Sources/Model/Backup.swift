/// Whether a backup read everything or only what changed; either restores in one step.
package enum BackupKind: String, Sendable, Codable, CaseIterable {
    case full
    case progressive
}

/// Why a backup was made.
package enum BackupOrigin: String, Sendable, Codable, CaseIterable {
    case scheduled
    case onDemand = "on-demand"
    case maintenance
}

/// How deep a verification goes; each level includes the ones before it.
package enum VerifyLevel: String, Sendable, Codable, CaseIterable, Comparable {
    /// Every stored byte of the backup opens.
    case stored
    /// Every page has its hash, and the image its root.
    case pages
    /// The restored copy passes the engine's own check.
    case restore

    package static func < (left: VerifyLevel, right: VerifyLevel) -> Bool {
        (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
    }
}

/// How a repository compresses new frames.
package enum Compression: String, Sendable, Codable, CaseIterable {
    /// zlib format written by ISA-L.
    case fast
    /// zlib format written by libdeflate, level 10: slow, and as small as zlib format gets.
    case small
    case off
}

/// What a message is about.
package enum Severity: String, Sendable, Codable, CaseIterable {
    case info
    case success
    case warning
    case error
}

/// Who asked for something: a local user by uid, or the daemon itself.
package enum Actor: Sendable, Hashable, Codable, CustomStringConvertible {
    case daemon
    case user(uid: UInt32, name: String)

    package var description: String {
        switch self {
        case .daemon: "holdfastd"
        case .user(let uid, let name): name.isEmpty ? "uid \(uid)" : "\(name) (uid \(uid))"
        }
    }
}
