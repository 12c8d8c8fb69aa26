import Engines
import EnginesTestSupport
import Model

/// A folder with one ledger database, and an engine that looks into it.
final class SQLiteFixture: EngineFixture {
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

    func change() throws {
        try LedgerWriter.run("update", path, "--rows", "3", "--seed", "\(UInt32.random(in: 0 ... .max))")
    }
    func surroundings() throws -> [String] { try root.inventory("data") }
    func prove(_ path: String) throws { _ = try LedgerWriter.prove(path) }
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
