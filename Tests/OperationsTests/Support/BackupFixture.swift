import Archiving
import Engines
import Model
import Operations
import Platform
import Storage
import Synchronization

/// A repository in a folder of its own and a scripted database to back up into it.
final class BackupFixture {
    let folder = "/tmp/holdfast-operations-\(Identifier.random())"
    let engine: ScriptedEngine
    let repository: Repository
    let unit: BackupUnit
    /// Where the database is.
    var path = "/nowhere/a"

    init(pages: Int = 100, pageSize: Int = 4096) throws {
        engine = ScriptedEngine(pages: pages, pageSize: pageSize)
        let secret = KeySecret.keyFile(KeyBytes(copying: [UInt8](repeating: 7, count: 32)))
        repository = try Repository.create(at: folder, secret: secret, label: "test", now: Instant(seconds: 0))
        unit = BackupUnit(.random(), in: repository)
    }

    deinit { try? Files.removeTree(folder) }

    @discardableResult
    func backUp(
        _ kind: BackupKind = .progressive, known: KnownState? = nil, preserve: Bool = false, comment: String? = nil,
        throttle: Throttle = .unlimited
    ) throws -> BackUp.Outcome {
        let order = BackupOrder(
            kind: kind, origin: .onDemand, actor: .daemon, comment: comment, preserve: preserve)
        return try BackUp(
            engine: engine, database: FoundDatabase(name: DatabaseName("s/a"), path: path), server: "s",
            unit: unit, compression: .fast, order: order, started: WallClock.now(), known: known,
            throttle: throttle
        ).run()
    }

    /// The record of a backup that was made.
    func made(_ kind: BackupKind = .progressive) throws -> PointRecord {
        guard case .made(let record, _, _, _) = try backUp(kind) else {
            throw Fault(.internalError, "no backup was made")
        }
        return record
    }

    /// The content of a backup.
    func restored(_ record: PointRecord) throws -> [UInt8] {
        let content = Mutex<[UInt8]>([])
        let image = try unit.image(of: record.sequence)
        try ImageReader(image).stream(file: image.files[0].id) { bytes in content.withLock { $0 += bytes } }
        return content.withLock { $0 }
    }
}
