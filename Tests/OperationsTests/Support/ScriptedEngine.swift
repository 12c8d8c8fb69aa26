import Engines
import Model
import Platform
import Synchronization

/// An engine whose one database is pages in memory, and whose change finder says what a test wants.
final class ScriptedEngine: Engine {
    struct State {
        var pages: [[UInt8]]
        var pageSize: Int
        var finding: ChangeFinding = .unknown(reason: "scripted")
        /// When set, the database counts as unchanged since these tokens, and nothing is known about others.
        var unchangedSince: Set<String>?
        /// Snapshots that end with `source-changed`.
        var interruptions = 0
        var exhausted = 0
    }

    let state: Mutex<State>

    init(pages: Int, pageSize: Int = 4096) {
        state = Mutex(
            State(pages: (0..<pages).map { Self.page($0, version: 0, size: pageSize) }, pageSize: pageSize))
    }

    static func page(_ number: Int, version: Int, size: Int) -> [UInt8] {
        var generator = UInt64(truncatingIfNeeded: number &* 1_000_003 &+ version &* 7919 &+ 17)
        return (0..<size).map { _ in
            generator = generator &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: generator >> 60)
        }
    }

    func change(_ pages: [Int], version: Int) {
        state.withLock { state in
            for page in pages { state.pages[page] = Self.page(page, version: version, size: state.pageSize) }
        }
    }

    var content: [UInt8] { state.withLock { Array($0.pages.joined()) } }

    var kind: String { "scripted" }
    func discover(known: [String], memory: String?) -> Discovery { .complete(.init(databases: [], memory: "")) }
    func changes(of database: FoundDatabase, since token: String?) -> ChangeFinding {
        state.withLock { state in
            guard let tokens = state.unchangedSince else { return state.finding }
            return tokens.contains(token ?? "") ? .unchanged : .unknown(reason: "scripted")
        }
    }
    func clients(of databases: [FoundDatabase]) -> ClientListing { ClientListing(clients: [:], isComplete: true) }
    func check(_ copy: String, step: @escaping @Sendable () throws -> Void) throws -> [String] { [] }
    func query(
        _ query: String, in copy: String, limit: Duration, step: @escaping () throws -> Void,
        each: ([String?]) throws -> Void
    ) throws {}
    func sidecars(of path: String) -> [String] { [] }

    func snapshot(of database: FoundDatabase, patience: Patience) throws -> any Snapshot {
        state.withLock { state in
            var isInterrupted = false
            if case .exhausted = patience {
                state.exhausted += 1
            } else if state.interruptions > 0 {
                state.interruptions -= 1
                isInterrupted = true
            }
            return ScriptedSnapshot(
                pages: state.pages, pageSize: state.pageSize, path: database.path, isInterrupted: isInterrupted)
        }
    }
}

private final class ScriptedSnapshot: Snapshot {
    let pages: [[UInt8]]
    let files: [SnapshotFile]
    let instant = WallClock.now()
    let token = "token"
    let notes: [SnapshotNote] = []
    let isInterrupted: Bool

    init(pages: [[UInt8]], pageSize: Int, path: String, isInterrupted: Bool) {
        self.pages = pages
        self.isInterrupted = isInterrupted
        files = [
            SnapshotFile(
                path: path, uid: 0, gid: 0, owner: "root", group: "root", mode: 0o640, modified: 1,
                length: Int64(pages.count * pageSize), pageSize: pageSize, pages: UInt32(pages.count))
        ]
    }

    func read(pages range: Range<UInt32>, of file: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        var offset = 0
        for page in range {
            let bytes = pages[Int(page)]
            bytes.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(rebasing: buffer[offset..<offset + bytes.count]).copyMemory(from: $0)
            }
            offset += bytes.count
        }
    }

    func finish() throws -> [SnapshotFile] {
        if isInterrupted { throw Fault(.sourceChanged, "a commit came in between") }
        return []
    }

    func close() {}
}
