import Catalog
import Foundation
import Model
import Policies

/// A folder for one test, gone with it, and the catalog in it.
final class Scratch {
    let folder: String
    private(set) var catalog: Catalog

    init() throws {
        folder = "\(FileManager.default.temporaryDirectory.path)/catalog-\(Identifier.random())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        catalog = try Catalog.open("\(folder)/catalog.db")
    }

    deinit {
        try? catalog.close()
        try? FileManager.default.removeItem(atPath: folder)
    }

    var path: String { "\(folder)/catalog.db" }

    /// What a restarted daemon does.
    func reopen() throws {
        try catalog.close()
        catalog = try Catalog.open(path)
    }
}

/// Noon of a day, and so many seconds later.
func at(_ seconds: Int) -> Instant { Instant(seconds: 1_800_000_000) + .seconds(seconds) }

func reading(_ seconds: Int, boot: String = "boot-1") -> ClockReading {
    ClockReading(sinceBoot: .seconds(10_000 + seconds), bootID: boot, wall: at(seconds))
}

let orders = DatabaseName(server: "crm", path: "orders.db")
let alice = Actor.user(uid: 1000, name: "alice")

extension Catalog {
    /// A discovery under plain circumstances: the boot clock goes with the wall clock, deleted databases are kept for seven
    /// days.
    @discardableResult
    func record(_ discovery: Discovery, server: String, at instant: Instant) throws -> DiscoveryChanges {
        try record(discovery, server: server, terms: .plain(at: instant))
    }
}

extension DiscoveryTerms {
    static func plain(at instant: Instant, clockIsTrusted: Bool = true) -> DiscoveryTerms {
        DiscoveryTerms(
            reading: ClockReading(sinceBoot: instant - Instant(seconds: 0), bootID: "boot", wall: instant),
            clockIsTrusted: clockIsTrusted, deletedDays: { _ in 7 }, zone: { _ in 0 })
    }
}
