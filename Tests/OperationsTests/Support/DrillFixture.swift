import Archiving
import Engines
import EnginesTestSupport
import Glibc
import Model
import Operations
import Platform
import Storage

/// A repository with backups of a real SQLite database, and a folder of query files that are trusted.
final class DrillFixture {
    let root: TestFolder
    /// Below the home folder, because the way to `/tmp` is open to everybody.
    let trusted: String
    let engine: any Engine
    let repository: Repository
    let unit: BackupUnit
    let name = DatabaseName("crm/ledger.db")

    init() throws {
        root = try TestFolder()
        try root.makeFolder("data")
        let home = getenv("HOME").map { String(cString: $0) } ?? "/root"
        trusted = "\(Files.realPath(home) ?? home)/.holdfast-drill-\(Identifier.random())"
        try Files.makeDirectory(trusted, mode: 0o700)
        try LedgerWriter.run("create", root("data/ledger.db"), "--size", "300000", "--journal", "wal")
        let definition = ServerDefinition(name: "crm", folders: [root("data")], scratch: root("engine"))
        engine = try EngineRegistry.engine("sqlite", for: definition)
        let secret = KeySecret.keyFile(KeyBytes(copying: [UInt8](repeating: 7, count: 32)))
        repository = try Repository.create(at: root("repository"), secret: secret, label: "test", now: WallClock.now())
        unit = BackupUnit(.random(), in: repository)
    }

    deinit { try? Files.removeTree(trusted) }

    var path: String { root("data/ledger.db") }
    var scratch: String { root("scratch") }

    @discardableResult
    func backUp() throws -> PointRecord {
        let order = BackupOrder(kind: .progressive, origin: .onDemand, actor: .daemon)
        let outcome = try BackUp(
            engine: engine, database: FoundDatabase(name: name, path: path), server: "crm", unit: unit,
            compression: .fast, order: order, started: WallClock.now(), known: nil
        ).run()
        guard case .made(let record, _, _, _) = outcome else { throw Fault(.internalError, "no backup was made") }
        return record
    }

    func change() throws { try LedgerWriter.run("update", path, "--rows", "3", "--seed", "5") }

    /// A trusted query file.
    func queries(_ text: String) throws -> String {
        let path = "\(trusted)/queries-\(Identifier.random())"
        try Files.writeDurably(Array(text.utf8), to: path, mode: 0o644)
        return path
    }

    func drill(
        _ queryFiles: [String] = [], free: @escaping (String) throws -> ByteCount = { try Files.space($0).free },
        began: @escaping (String, ByteCount?) -> Void = { _, _ in },
        step: @escaping @Sendable (Int) throws -> Void = { _ in }
    ) throws -> DrillBackup.Result {
        try DrillBackup(
            unit, name, scratch: scratch, queryFiles: queryFiles, owner: getuid(), free: free, began: began, step: step
        ).run()
    }

    /// What is left in the scratch folder.
    func leftovers() throws -> [String] { Files.exists(scratch) ? try Files.list(scratch) : [] }

    func proof(of sequence: SequenceNumber) throws -> Instant? {
        try repository.markStates(of: unit.id, preservedAtBirth: [])[sequence]?.proofs[.restore]
    }
}
