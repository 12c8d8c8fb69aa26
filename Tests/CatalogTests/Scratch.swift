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
