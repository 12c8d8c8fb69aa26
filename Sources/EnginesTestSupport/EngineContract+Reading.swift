import Engines
import Foundation
import Model
import Testing

extension EngineContract {
    package func verifyReading() throws {
        try discoversOrSaysWhyNot()
        try capturesOneCommittedState()
        try tellsUnchangedFromChanged()
        try leavesNothingBehind()
        try refusesWhatIsGone()
    }

    private func discoversOrSaysWhyNot() throws {
        guard case .complete(let finding) = engine.discover(known: [], memory: nil) else {
            Issue.record("a server at hand was not reached")
            return
        }
        #expect(finding.databases.map(\.path) == [subject.database.path])
        #expect(finding.databases.map(\.name) == [subject.database.name])
        #expect(finding.databases.allSatisfy { $0.fault == nil && $0.size > .zero })
        #expect(isComplete(engine.discover(known: [subject.database.path], memory: finding.memory)))
        guard case .unreachable(let fault, _) = subject.unreachable.discover(known: [], memory: finding.memory) else {
            Issue.record("a server out of reach was said to be empty")
            return
        }
        #expect(fault.code == .serverUnreachable)
        #expect(fault.hint != nil)
    }

    /// In ranges of any size.
    private func capturesOneCommittedState() throws {
        let state = try subject.content()
        for pagesAtOnce: UInt32 in [1, 7, 64] {
            let copy = subject.scratchPath("captured \(pagesAtOnce)")
            try Snapshots.restore(engine, subject.database, to: copy, pagesAtOnce: pagesAtOnce)
            // A whole server is looked into once only, where it is restored.
            if !engine.restoresFolder { #expect(try subject.content(of: copy) == state) }
            try FileManager.default.removeItem(atPath: copy)
        }
    }

    private func tellsUnchangedFromChanged() throws {
        let copy = subject.scratchPath("token")
        let token = try Snapshots.restore(engine, subject.database, to: copy).token
        let finding = engine.changes(of: subject.database, since: token)
        if subject.promises.knowsUnchanged {
            #expect(finding == .unchanged)
        } else {
            guard case .unknown(let reason) = finding else {
                Issue.record("an engine that can't know said \(finding)")
                return
            }
            #expect(!reason.isEmpty)
        }
        try subject.change()
        #expect(engine.changes(of: subject.database, since: token) != .unchanged)
        for token in [nil, "", "{}", "not a token"] {
            #expect(engine.changes(of: subject.database, since: token) != .unchanged)
        }
        try FileManager.default.removeItem(atPath: copy)
    }

    private func leavesNothingBehind() throws {
        let before = try subject.surroundings()
        _ = engine.discover(known: [subject.database.path], memory: nil)
        let copy = subject.scratchPath("left")
        try Snapshots.restore(engine, subject.database, to: copy)
        let abandoned = try engine.snapshot(of: subject.database, patience: .exhausted)
        abandoned.close()
        abandoned.close()
        _ = try engine.clients(of: subject.database)
        try eventually("what was there before", at: #_sourceLocation) { try subject.surroundings() == before }
        try FileManager.default.removeItem(atPath: copy)
    }

    private func refusesWhatIsGone() throws {
        let gone = FoundDatabase(
            name: DatabaseName("\(subject.database.name)-gone"), path: subject.database.path + "-gone")
        let fault = #expect(throws: Fault.self) { try engine.snapshot(of: gone, patience: .fresh) }
        #expect(fault?.code == .notFound)
        #expect(engine.changes(of: gone, since: nil) != .unchanged)
    }

    func isComplete(_ discovery: Discovery) -> Bool {
        if case .complete = discovery { return true }
        return false
    }
}
