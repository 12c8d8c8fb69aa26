package import Engines
import Model
import Testing

/// A server with one database that a test can change.
package protocol EngineFixture {
    var engine: any Engine { get }
    /// The same server when it can't be reached.
    var unreachable: any Engine { get }
    var database: FoundDatabase { get }
    /// Commits one change.
    func change() throws
    /// Everything that a backup must leave as it was, as text.
    func surroundings() throws -> [String]
    /// Proves that the file at `path` is one committed state.
    func prove(_ path: String) throws
    /// A path for a scratch file.
    func scratchPath(_ name: String) -> String
}

/// What every engine promises; each engine's tests run all of it.
package struct EngineContract {
    let fixture: any EngineFixture

    package init(_ fixture: any EngineFixture) { self.fixture = fixture }

    package func verify() throws {
        try discoversOrSaysWhyNot()
        try capturesOneCommittedState()
        try tellsUnchangedFromChanged()
        try leavesNothingBehind()
        try refusesWhatIsGone()
    }

    private func discoversOrSaysWhyNot() throws {
        guard case .complete(let finding) = fixture.engine.discover(known: [], memory: nil) else {
            Issue.record("a server at hand was not reached")
            return
        }
        #expect(finding.databases.map(\.path) == [fixture.database.path])
        #expect(finding.databases.map(\.name) == [fixture.database.name])
        #expect(finding.databases.allSatisfy { $0.fault == nil })
        guard case .unreachable(let fault, _) = fixture.unreachable.discover(known: [], memory: finding.memory) else {
            Issue.record("a server out of reach was said to be empty")
            return
        }
        #expect(fault.code == .serverUnreachable)
        #expect(fault.hint != nil)
    }

    private func capturesOneCommittedState() throws {
        let image = fixture.scratchPath("contract-image")
        for pagesAtOnce: UInt32 in [1, 7, 64] {
            try Snapshots.capture(fixture.engine, fixture.database, to: image, pagesAtOnce: pagesAtOnce)
            try fixture.prove(image)
            #expect(try fixture.engine.check(image).isEmpty)
        }
    }

    private func tellsUnchangedFromChanged() throws {
        let image = fixture.scratchPath("contract-image")
        let token = try Snapshots.capture(fixture.engine, fixture.database, to: image).token
        #expect(fixture.engine.changes(of: fixture.database, since: token) == .unchanged)
        try fixture.change()
        #expect(fixture.engine.changes(of: fixture.database, since: token) != .unchanged)
        for token in [nil, "", "{}", "not a token"] {
            #expect(fixture.engine.changes(of: fixture.database, since: token) != .unchanged)
        }
    }

    private func leavesNothingBehind() throws {
        let before = try fixture.surroundings()
        _ = fixture.engine.discover(known: [fixture.database.path], memory: nil)
        try Snapshots.capture(fixture.engine, fixture.database, to: fixture.scratchPath("contract-image"))
        let abandoned = try fixture.engine.snapshot(of: fixture.database, patience: .exhausted)
        abandoned.close()
        abandoned.close()
        _ = try fixture.engine.clients(of: fixture.database)
        _ = try fixture.engine.check(fixture.scratchPath("contract-image"))
        #expect(try fixture.surroundings() == before)
    }

    private func refusesWhatIsGone() throws {
        let gone = FoundDatabase(
            name: DatabaseName("\(fixture.database.name)-gone"), path: fixture.database.path + "-gone")
        let fault = #expect(throws: Fault.self) {
            try fixture.engine.snapshot(of: gone, patience: .fresh)
        }
        #expect(fault?.code == .notFound)
        #expect(fixture.engine.changes(of: gone, since: nil) != .unchanged)
        #expect(try fixture.engine.clients(of: gone).isEmpty)
    }
}
