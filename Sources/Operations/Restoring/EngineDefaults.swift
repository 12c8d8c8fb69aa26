import Engines
import Model
import Petitions
import Storage

/// An engine's knowledge that needs no server: what belongs to a backup of its kind.
struct EngineDefaults: Sendable {
    private let engine: any Engine

    /// - Parameters:
    ///   - kind: as backups name their engine.
    ///   - rootPort: where to ask who holds a file.
    /// - Throws: `repository-too-new` for an engine that this version doesn't know.
    init(_ kind: String, scratch: String = "/nonexistent", rootPort: RootPort? = nil) throws {
        do {
            engine = try EngineRegistry.engine(
                kind, for: ServerDefinition(name: "restore", folders: [], scratch: scratch, rootPort: rootPort))
        } catch let fault as Fault where fault.code == .badSettings {
            throw Fault(
                .repositoryTooNew, "the backup is one of an engine that is not known here: \(kind)",
                hint: "use a newer holdfast")
        }
    }

    init(of record: PointRecord, rootPort: RootPort? = nil) throws {
        try self.init(record.draft.engine, rootPort: rootPort)
    }

    var restoresFolder: Bool { engine.restoresFolder }
    var members: (any MemberEngine)? { engine.members }

    func sidecars(of path: String) -> [String] { engine.sidecars(of: path) }
    func clients(of database: FoundDatabase) throws -> ClientListing { try engine.clients(of: [database]) }

    func completeRestore(in folder: String, becoming path: String) throws {
        try engine.completeRestore(in: folder, becoming: path)
    }

    func logBase(of record: PointRecord) -> LogBase? { engine.logBase(token: record.draft.token) }

    func findStop(
        _ target: LogTarget, on timeline: UInt32?, after base: LogBase, in log: any LogSource
    ) throws -> LogStop? {
        try engine.findStop(target, on: timeline, after: base, in: log)
    }

    func followLog(
        _ log: any LogSource, from base: LogBase, upTo stop: LogStop, in folder: String, promotes: Bool
    ) throws {
        try engine.followLog(log, from: base, upTo: stop, in: folder, promotes: promotes)
    }

    func check(_ copy: String, step: @escaping @Sendable () throws -> Void) throws -> [String] {
        try engine.check(copy, step: step)
    }

    func query(
        _ query: String, in copy: String, limit: Duration, step: @escaping () throws -> Void,
        each: ([String?]) throws -> Void
    ) throws {
        try engine.query(query, in: copy, limit: limit, step: step, each: each)
    }
}
