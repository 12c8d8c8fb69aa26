import Foundation
package import Model
import Platform
import Synchronization

/// Databases that are closed to their clients, each a file of record from before it is closed until it is open again: a
/// daemon that is killed finds in it how to open the database.
package final class ClosedDatabases: Sendable {
    package struct Record: Codable, Sendable {
        package var id: Identifier
        package var name: DatabaseName
        package var server: String
        /// The engine's, opaque.
        package var plan: String
        package var since: Instant
        package var actor: Actor
        /// A maintenance window has closed it, and opens it again; nil: an admin has.
        package var isOfWindow: Bool?
        /// Systemd units that were stopped instead, to be started again.
        package var units: [String]?

        package init(
            id: Identifier, name: DatabaseName, server: String, plan: String, since: Instant, actor: Actor,
            isOfWindow: Bool? = nil, units: [String]? = nil
        ) {
            self.id = id
            self.name = name
            self.server = server
            self.plan = plan
            self.since = since
            self.actor = actor
            self.isOfWindow = isOfWindow
            self.units = units
        }
    }

    private struct State {
        var records: [Record] = []
        /// Servers that a thread looks after.
        var holding: Set<String> = []
        var isStopped = false
        /// Servers whose databases can't be held just now.
        var failing: Set<String> = []
        /// Those that refuse new clients, but let the ones that are inside finish.
        var lenient: Set<Identifier> = []
    }

    private let folder: String
    private let state = Mutex(State())

    /// - Parameter folder: made when needed.
    package init(_ folder: String) { self.folder = folder }

    var all: [Record] { state.withLock { $0.records.sorted { $0.name < $1.name } } }

    /// Takes in what an earlier daemon left.
    /// - Throws: `input-output` for a file that can't be read; it stays.
    func load() throws {
        guard Files.exists(folder) else { return }
        let records = try Files.list(folder).filter { $0.ends(with: ".json") }.sorted().map { name in
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

    /// The units that are all that a maintenance window has still to open; none while a database is closed.
    func unitsAlone(of server: String) -> [String] {
        let records = ofWindow(server)
        return records.contains { $0.units == nil } ? [] : records.flatMap { $0.units ?? [] }
    }

    /// Those inside may stay until `holdStrictly`.
    func holdLeniently(_ record: Record) { state.withLock { _ = $0.lenient.insert(record.id) } }

    func holdStrictly(_ record: Record) { state.withLock { _ = $0.lenient.remove(record.id) } }

    /// Durable on return.
    package func add(_ record: Record) throws {
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

    package func stop() { state.withLock { $0.isStopped = true } }

    /// Keeps clients out for as long as any database is closed: a thread for each server, so that none waits for another
    /// that hangs.
    ///
    /// - Parameters:
    ///   - hold: one round for a database.
    ///   - failed: hears once that a server's databases can't be held.
    package func holdAll(
        _ hold: @escaping @Sendable (Record) throws -> Void, failed: @escaping @Sendable (Fault) -> Void
    ) {
        let new = state.withLock { state in
            let new = Set(state.records.filter { $0.units == nil }.map(\.server)).subtracting(state.holding)
            state.holding.formUnion(new)
            return new
        }
        for server in new.sorted() {
            Threads.start("closing-\(server)") { [self] in
                while let (records, pause) = toHold(of: server) {
                    for record in records { round(record, hold, failed) }
                    Thread.sleep(forTimeInterval: pause)
                }
            }
        }
    }

    /// - Returns: nil when nobody has to look after the server any more.
    private func toHold(of server: String) -> ([Record], pause: TimeInterval)? {
        state.withLock { state in
            let records = state.records.filter { $0.server == server && $0.units == nil }
            if records.isEmpty || state.isStopped {
                state.holding.remove(server)
                return nil
            }
            let isOfWindow = records.contains { $0.isOfWindow == true }
            return (records.filter { !state.lenient.contains($0.id) }, isOfWindow ? Self.shortPause : Self.pause)
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
