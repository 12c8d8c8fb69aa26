import Engines
import EnginesTestSupport
import Foundation
import Model

/// A folder with one ledger database, and an engine that looks into it.
final class SQLiteFixture: EngineSubject {
    let root: TestFolder
    let database: FoundDatabase
    let engine: any Engine

    init(
        journal: String = "wal", pageSize: Int = 4096, size: Int = 300_000, name: String = "ledger.db",
        lockDeadline: Duration = .seconds(5)
    ) throws {
        root = try TestFolder()
        try root.makeFolder("data")
        let path = root("data/\(name)")
        try LedgerWriter.run("create", path, "--size", "\(size)", "--page-size", "\(pageSize)", "--journal", journal)
        database = FoundDatabase(name: DatabaseName(server: "crm", path: name), path: path)
        engine = SQLiteEngine(Self.server(root, ["data"]), lockDeadline: lockDeadline)
    }

    static func server(_ root: TestFolder, _ folders: [String], include: [String] = [], exclude: [String] = [])
        -> ServerDefinition
    {
        ServerDefinition(
            name: "crm", folders: folders.map { root($0) }, include: include, exclude: exclude,
            scratch: root("state/scratch"), forbidden: [root("state")])
    }

    var unreachable: any Engine { SQLiteEngine(Self.server(root, ["absent"])) }
    var path: String { database.path }

    var restarted: any Engine { SQLiteEngine(Self.server(root, ["data"])) }
    var member: String { database.path }
    /// Clients are processes.
    let promises = EnginePromises(knowsUnchanged: true, commandsClients: false)

    func change() throws { try LedgerWriter.run("write", path, "--seconds", "0", "--transactions", "1") }
    func content() throws -> [String] { try content(of: path) }
    func content(of copy: String) throws -> [String] { ["transaction \(try LedgerWriter.prove(copy))"] }
    func surroundings() throws -> [String] { try root.inventory("data") }
    func connect() throws -> any SubjectClient { try Holder(path) }
    func closeByHalf() -> [() throws -> Void] { [] }

    func replace(by copy: String) throws {
        for file in [path] + engine.sidecars(of: path) where FileManager.default.fileExists(atPath: file) {
            try FileManager.default.moveItem(atPath: file, toPath: root("former-\(UInt32.random(in: 0 ... .max))"))
        }
        try FileManager.default.moveItem(atPath: copy, toPath: path)
    }

    func damage(_ copy: String) throws {
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: copy))
        try file.seek(toOffset: 10 * 4096)
        try file.write(contentsOf: [UInt8](repeating: 0x5A, count: 4096))
        try file.close()
    }

    func scratchPath(_ name: String) -> String { root(name) }

    /// Captures an image and proves it.
    /// - Returns: the last transaction in it.
    @discardableResult
    func captureAndProve(pagesAtOnce: UInt32 = 64) throws -> (last: Int, notes: [SnapshotNote], restarts: Int) {
        let image = scratchPath("image")
        let captured = try Snapshots.capture(engine, database, to: image, pagesAtOnce: pagesAtOnce)
        return (try LedgerWriter.prove(image), captured.notes, captured.restarts)
    }
}

/// A process that has the database open.
private final class Holder: SubjectClient {
    private let child: LedgerWriter.Child

    init(_ path: String) throws {
        child = try LedgerWriter.start("hold", path)
        try child.waitUntilReady()
    }

    var processID: Int32 { child.processID }
    func isServed() -> Bool { child.isRunning }
    func hears(_ word: String) -> Bool { false }
    func leave() throws { _ = try child.finish() }
}
