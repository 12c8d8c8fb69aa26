import Foundation
import Model
import Platform
import Synchronization

/// Databases that are closed to their clients, each a file of record from before it is closed until it is open again: a
/// daemon that is killed finds in it how to open the database.
final class ClosedDatabases: Sendable {
    struct Record: Codable, Sendable {
        var id: Identifier
        var name: DatabaseName
        var server: String
        /// The engine's, opaque.
        var plan: String
        var since: Instant
        var actor: Actor
        /// A maintenance window has closed it, and opens it again; nil: an admin has.
        var isOfWindow: Bool?
        /// Systemd units that were stopped instead, to be started again.
        var units: [String]?
    }

    private struct State {
        var records: [Record] = []
        var isHolding = false
        var isStopped = false
        /// Servers whose databases can't be held just now.
        var failing: Set<String> = []
        /// Those that refuse new clients, but let the ones that are inside finish.
        var lenient: Set<Identifier> = []
    }

    private let folder: String
    private let state = Mutex(State())

    /// - Parameter folder: made when needed.
    init(_ folder: String) { self.folder = folder }

    var all: [Record] { state.withLock { $0.records.sorted { $0.name < $1.name } } }

    /// Takes in what an earlier daemon left.
    /// - Throws: `input-output` for a file that can't be read; it stays.
    func load() throws {
        guard Files.exists(folder) else { return }
        let records = try Files.list(folder).filter { $0.hasSuffix(".json") }.sorted().map { name in
            do {
                return try JSONDecoder().decode(Record.self, from: Data(try Files.read("\(folder)/\(name)")))
            } catch {
                throw Fault(
                    .inputOutput, "cannot read \(folder)/\(name), which tells how to open a closed database",
                    hint: "open the database by hand, then remove the file", cause: error)
            }
        }
        state.withLock { $0.records = records }
    }

    /// What a maintenance window has closed of a server.
    func ofWindow(_ server: String) -> [Record] { all.filter { $0.server == server && $0.isOfWindow == true } }

    /// Those inside may stay until `holdStrictly`.
    func holdLeniently(_ record: Record) { state.withLock { _ = $0.lenient.insert(record.id) } }

    func holdStrictly(_ record: Record) { state.withLock { _ = $0.lenient.remove(record.id) } }

    /// Durable on return.
    func add(_ record: Record) throws {
        try Files.makeDirectories(folder, mode: 0o700)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try Files.writeDurably(Array(try encoder.encode(record)), to: path(record), mode: 0o600, replacing: false)
        state.withLock { $0.records.append(record) }
    }

    /// Durable on return.
    func remove(_ record: Record) throws {
        try Files.remove(path(record))
        try Files.syncDirectory(folder)
        state.withLock { state in
            state.records.removeAll { $0.id == record.id }
            state.lenient.remove(record.id)
        }
    }

    private func path(_ record: Record) -> String { "\(folder)/\(record.id).json" }
}

extension ClosedDatabases {
    private static let pause = 0.5
    /// In a window nobody who forces a way in may get to do anything.
    private static let shortPause = 0.1

    func stop() { state.withLock { $0.isStopped = true } }

    /// Keeps clients out for as long as any database is closed, on a thread of its own; one is enough.
    ///
    /// - Parameters:
    ///   - hold: one round for a database.
    ///   - failed: hears once that a server's databases can't be held.
    func holdAll(_ hold: @escaping @Sendable (Record) throws -> Void, failed: @escaping @Sendable (Fault) -> Void) {
        let isNew = state.withLock { state in
            defer { state.isHolding = true }
            return !state.isHolding
        }
        guard isNew else { return }
        Threads.start("closing") { [self] in
            while true {
                let records = state.withLock { state in
                    if state.records.isEmpty || state.isStopped { state.isHolding = false }
                    return state.isHolding ? state.records : []
                }
                if records.isEmpty { return }
                let lenient = state.withLock { $0.lenient }
                for record in records where !lenient.contains(record.id) && record.units == nil {
                    round(record, hold, failed)
                }
                Thread.sleep(forTimeInterval: records.contains { $0.isOfWindow == true } ? Self.shortPause : Self.pause)
            }
        }
    }

    private func round(_ record: Record, _ hold: (Record) throws -> Void, _ failed: (Fault) -> Void) {
        do {
            try hold(record)
            _ = state.withLock { $0.failing.remove(record.server) }
        } catch {
            if state.withLock({ $0.failing.insert(record.server).inserted }) { failed(Fault.wrapping(error)) }
        }
    }
}
