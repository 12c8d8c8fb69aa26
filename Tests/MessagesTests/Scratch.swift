import Catalog
import Foundation
import Messages
import Model
import Policies

/// A folder for one test with a catalog and a message center, gone with it.
final class Scratch {
    let folder: String
    private(set) var catalog: Catalog
    private(set) var center: MessageCenter

    init(journal: String? = nil) throws {
        folder = "\(FileManager.default.temporaryDirectory.path)/messages-\(Identifier.random())"
        try FileManager.default.createDirectory(atPath: "\(folder)/log", withIntermediateDirectories: true)
        catalog = try Catalog.open("\(folder)/catalog.db")
        center = Self.center(catalog, folder, journal)
    }

    deinit {
        center.stop()
        try? catalog.close()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// After another process had the catalog.
    func reopenCatalog() throws {
        catalog = try Catalog.open("\(folder)/catalog.db")
        center = Self.center(catalog, folder, nil)
    }

    var log: String { "\(folder)/log/messages.log" }

    /// A new center on the same catalog, as after a restart.
    func restart() throws {
        center.stop()
        center = Self.center(catalog, folder, nil)
        try center.start()
    }

    private static func center(_ catalog: Catalog, _ folder: String, _ journal: String?) -> MessageCenter {
        MessageCenter(
            catalog: catalog, logPath: "\(folder)/log/messages.log", journalPath: journal, zone: { _ in 3600 },
            now: { Instant(seconds: 1_800_000_000) })
    }

    func record(_ texts: String...) throws {
        try catalog.record(texts.map { MessageDraft(.info, .daemonStarted, $0) }, at: Instant(seconds: 1_800_000_000))
    }

    /// The texts of the lines in a log.
    func lines(_ path: String? = nil) throws -> [String] {
        let content = try String(contentsOfFile: path ?? log, encoding: .utf8)
        guard content.isEmpty || content.hasSuffix("\n") else { throw Fault(.internalError, "torn line") }
        return content.split(separator: "\n").map { $0.split(separator: "\t").dropLast().last.map(String.init) ?? "" }
    }

    func write(_ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: log))
    }
}
