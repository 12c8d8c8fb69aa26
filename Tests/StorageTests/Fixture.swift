import Archiving
import Model
import Platform
import Storage
import StorageTestSupport
import Synchronization
import Testing

/// The files of a made-up database, page by page.
struct Source: Equatable {
    static let pageSize = 512

    struct Content: Equatable {
        var birth: SequenceNumber
        var pages: [UInt64]
        var kind = "database"
    }

    /// By file id; a page is written as the number it is made from.
    var files: [UInt32: Content] = [:]

    static func bytes(of page: UInt64) -> [UInt8] {
        var random = SeededGenerator(seed: page)
        let word = random.next()
        // Half of it compresses.
        return (0..<pageSize).map { $0 < pageSize / 2 ? UInt8(truncatingIfNeeded: random.next()) : UInt8(word & 3) }
    }

    var imageFiles: [ImageFile] {
        files.keys.sorted().map { id in
            let content = files[id] ?? Content(birth: 1, pages: [])
            return ImageFile(
                id: id, birth: content.birth, path: "/srv/\(id).db", kind: content.kind, uid: 1, gid: 1, owner: "app",
                group: "app",
                mode: 0o640, modified: 0, length: Int64(content.pages.count * Self.pageSize), pageSize: Self.pageSize,
                pages: UInt32(content.pages.count))
        }
    }
}

/// A repository with a key, and the sources that its backups hold.
final class Fixture {
    static let now = Instant(seconds: 1_700_000_000)
    static let cheap = ScryptCost(n: 1024, r: 8, p: 1)

    let store: any ObjectStore
    let repository: Repository
    let unit = UnitID.random()
    let secret: KeySecret

    init(_ store: any ObjectStore = FaultyStore()) throws {
        self.store = store
        secret = Self.key()
        repository = try Repository.create(in: store, secret: secret, label: "first", now: Self.now)
    }

    static func key(_ byte: UInt8 = 7) -> KeySecret {
        .keyFile(KeyBytes(copying: [UInt8](repeating: byte, count: 32)))
    }

    static func draft(kind: BackupKind, files: [ImageFile], root: ImageRoot, before: PointRecord?) -> PointDraft {
        PointDraft(
            kind: kind, origin: .onDemand, actor: .user(uid: 7, name: "ann"), comment: "é\n", started: now,
            finished: now, instant: now, engine: "sqlite", server: "crm", database: DatabaseName("crm/orders.db"),
            sourcePath: "/srv/orders.db", preRoot: before?.draft.postRoot, preSequence: before?.sequence,
            postRoot: root, files: files)
    }

    /// A backup as Operations makes it: all pages compared with the sealed hashes of the newest one.
    @discardableResult
    static func backUp(
        _ source: Source, to repository: Repository, unit: UnitID, chunkPages: Int = 8,
        damage: DamageList = DamageList(),
        fromNothing: Bool = false,
        inlineFrames: Int = PointWriter.inlineFrames, packFrames: Int = PointWriter.packFrames
    ) throws -> PointRecord {
        try PendingBackup(
            to: repository, unit: unit, fromNothing: fromNothing, inlineFrames: inlineFrames, packFrames: packFrames
        ).finish(source, chunkPages: chunkPages, damage: damage)
    }

    @discardableResult
    func backUp(_ source: Source, damage: DamageList = DamageList()) throws -> PointRecord {
        try Self.backUp(source, to: repository, unit: unit, damage: damage)
    }

    /// The pages of a backup as read back; proves every hash, the coverage and the root.
    static func restore(
        _ sequence: SequenceNumber, of unit: UnitID, from repository: Repository, threads: Int = 2
    ) throws -> [UInt32: [UInt8]] {
        let image = try repository.image(sequence, of: unit)
        let content = SharedContent(image.files)
        try ImageReader(image, threads: threads).read { slice in content.put(slice) }
        return content.files
    }

    static func content(of source: Source) -> [UInt32: [UInt8]] {
        source.files.mapValues { $0.pages.flatMap(Source.bytes) }
    }
}

/// Collects pages from several threads.
final class SharedContent: @unchecked Sendable {
    private let lock = Mutex(())
    private(set) var files: [UInt32: [UInt8]] = [:]

    init(_ table: [ImageFile]) {
        for file in table { files[file.id] = [UInt8](repeating: 0xEE, count: Int(file.pages) * file.pageSize) }
    }

    func put(_ slice: PageSlice) {
        lock.withLock { _ in
            let start = Int(slice.firstPage) * slice.pageSize
            files[slice.file]?.replaceSubrange(start..<start + slice.bytes.count, with: slice.bytes)
        }
    }
}
