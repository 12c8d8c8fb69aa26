import Engines
import Model
import Platform
import Synchronization

/// An engine whose one database may be larger than any disk: pages of zeros that begin with their number and version.
final class VastEngine: Engine {
    struct State {
        /// Of pages that were changed.
        var versions: [UInt32: UInt64] = [:]
        var finding: ChangeFinding = .unknown(reason: "nothing is known yet")
    }

    let files: [SnapshotFile]
    private let state = Mutex(State())

    /// - Parameters:
    ///   - bytes: of the database, in files of at most 256 GiB, so that pages have numbers of 32 bits.
    init(bytes: Int64, pageSize: Int) {
        let largest = Int64(256) << 30
        files = stride(from: 0, to: bytes, by: Int(largest)).enumerated().map { index, start in
            let length = min(largest, bytes - Int64(start))
            return SnapshotFile(
                path: "/nowhere/vast/\(index)", uid: 0, gid: 0, owner: "root", group: "root", mode: 0o640, modified: 1,
                length: length, pageSize: pageSize, pages: UInt32(length / Int64(pageSize)))
        }
    }

    /// Changes pages of the first file; a backup then hears of these only.
    func change(_ pages: [UInt32], version: UInt64) {
        state.withLock { state in
            for page in pages { state.versions[page] = version }
            state.finding = .pages([0: Set(pages)])
        }
    }

    func forgetChanges() { state.withLock { $0.finding = .unknown(reason: "forgotten") } }

    var kind: String { "vast" }
    func discover(known: [String], memory: String?) -> Discovery { .complete(.init(databases: [], memory: "")) }
    func changes(of database: FoundDatabase, since token: String?) -> ChangeFinding { state.withLock { $0.finding } }
    func clients(of databases: [FoundDatabase]) -> ClientListing { ClientListing(clients: [:], isComplete: true) }
    func check(_ copy: String, step: @escaping @Sendable () throws -> Void) throws -> [String] { [] }
    func query(
        _ query: String, in copy: String, limit: Duration, step: @escaping () throws -> Void,
        each: ([String?]) throws -> Void
    ) throws {}
    func sidecars(of path: String) -> [String] { [] }

    func snapshot(of database: FoundDatabase, patience: Patience) throws -> any Snapshot {
        VastSnapshot(files, state.withLock { $0.versions })
    }
}

private final class VastSnapshot: Snapshot {
    let files: [SnapshotFile]
    let instant = WallClock.now()
    let token = "token"
    let notes: [SnapshotNote] = []
    private let versions: [UInt32: UInt64]

    init(_ files: [SnapshotFile], _ versions: [UInt32: UInt64]) {
        self.files = files
        self.versions = versions
    }

    func read(pages: Range<UInt32>, of file: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        let size = files[file].pageSize
        buffer.initializeMemory(as: UInt8.self, repeating: 0)
        for (index, page) in pages.enumerated() {
            let version = file == 0 && !versions.isEmpty ? versions[page] ?? 0 : 0
            buffer.storeBytes(of: UInt64(file) << 32 | UInt64(page), toByteOffset: index * size, as: UInt64.self)
            buffer.storeBytes(of: version, toByteOffset: index * size + 8, as: UInt64.self)
        }
    }

    func finish() throws -> [SnapshotFile] { [] }
    func close() {}
}
