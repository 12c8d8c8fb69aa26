import Foundation
import Model
import Testing
import Wire

/// Something in the middle of which the daemon is killed, at every step of it.
struct KillScenario: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// How many points there are before.
    var pointsBefore = 0
    /// Whether killing begins with the daemon's start, not only when it is ready.
    var coversStart = false
    /// Part of a path that one of its steps must concern, so that it is what it is called.
    var reaches = "/points/"
    /// Commands for the daemon; the contents whose backups have been acknowledged are added to the list.
    let act: @Sendable (PrivateDaemon, inout [Data]) async throws -> Void

    static let all = [
        KillScenario(testDescription: "first full", coversStart: true) { daemon, acknowledged in
            try await backUp(daemon, &acknowledged)
        },
        KillScenario(testDescription: "progressive", pointsBefore: 2) { daemon, acknowledged in
            try await daemon.ledger("ledger.db").append()
            try await backUp(daemon, &acknowledged)
        },
        KillScenario(testDescription: "later full", pointsBefore: 2) { daemon, acknowledged in
            try await daemon.ledger("ledger.db").append()
            try await backUp(daemon, &acknowledged, "--full")
        },
        KillScenario(testDescription: "map merge", pointsBefore: 15, reaches: "/maps/") { daemon, acknowledged in
            for _ in 0..<2 {
                try await daemon.ledger("ledger.db").append()
                try await backUp(daemon, &acknowledged)
            }
        },
        KillScenario(testDescription: "restore beside", pointsBefore: 2, reaches: "/killed.db") { daemon, _ in
            try await daemon.succeed("restore", "ledger.db", "--to", "\(daemon.restored)/killed.db")
        },
        KillScenario(testDescription: "restore in place", pointsBefore: 2, reaches: "/ledger.db") { daemon, _ in
            let first = try await daemon.backups()[0]
            try await daemon.succeed("restore", "ledger.db", "--backup", "\(first.id)", "--in-place", "--yes")
        },
        KillScenario(testDescription: "delete and undelete", pointsBefore: 2, reaches: "/marks/") { daemon, _ in
            let first = try await daemon.backups()[0].id
            try await daemon.succeed("backups", "delete", "\(first)", "--yes")
            try await daemon.succeed("backups", "undelete", "\(first)")
        },
    ]

    /// Takes a backup; once it is acknowledged, what the database holds must be restorable for ever.
    private static func backUp(
        _ daemon: PrivateDaemon, _ acknowledged: inout [Data], _ options: String...
    ) async throws {
        let held = try content(daemon.ledger("ledger.db").path)
        _ = try PrivateDaemon.good(try await daemon.holdfast(["backup", "ledger.db"] + options))
        acknowledged.append(held)
    }

    /// A stopped daemon where the scenario begins, saved to go back to, and the contents of its points.
    func prepare() async throws -> (daemon: PrivateDaemon, contents: [Data]) {
        let daemon = try PrivateDaemon()
        try await daemon.makeRepository()
        let ledger = try await daemon.ledger("ledger.db").create(.delete, size: 1 << 16)
        var contents: [Data] = []
        if pointsBefore > 0 {
            try await daemon.start()
            for number in 0..<pointsBefore {
                if number > 0 { try await ledger.append() }
                try await Self.backUp(daemon, &contents)
            }
            try await daemon.stop()
        }
        try await daemon.save()
        return (daemon, contents)
    }
}
