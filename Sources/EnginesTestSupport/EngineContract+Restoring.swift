import Engines
import Foundation
import Model
import Testing

extension EngineContract {
    func verifyRestoring() throws {
        let state = try subject.content()
        let copies = try ["a drilled ?#% copy", "damaged", "in place"].map { name in
            let copy = subject.scratchPath(name)
            try Snapshots.restore(engine, subject.database, to: copy)
            return copy
        }
        try drills(copies[0], state)
        try findsDamage(copies[1])
        try takesThePlaceOfTheDatabase(copies[2], state)
        try refusesToCheckWhatIsNotThere()
        for copy in copies { try? FileManager.default.removeItem(atPath: copy) }
    }

    /// A copy passes the engine's check, which leaves no file beside it, and holds what was committed.
    private func drills(_ copy: String, _ state: [String]) throws {
        let folder = URL(fileURLWithPath: copy).deletingLastPathComponent().path
        let before = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(try engine.check(copy).isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == before)
        #expect(try subject.content(of: copy) == state)
    }

    private func findsDamage(_ copy: String) throws {
        try subject.damage(copy)
        #expect(try !engine.check(copy).isEmpty)
    }

    /// What was committed since is gone, and the server goes on from there.
    private func takesThePlaceOfTheDatabase(_ copy: String, _ state: [String]) throws {
        try subject.change()
        #expect(try subject.content() != state)
        let token = try Snapshots.restore(engine, subject.database, to: copy + "-later").token
        try subject.replace(by: copy)
        #expect(try subject.content() == state)
        #expect(engine.changes(of: subject.database, since: token) != .unchanged)
        guard case .complete(let finding) = engine.discover(known: [subject.database.path], memory: nil) else {
            Issue.record("a restored server was not reached")
            return
        }
        #expect(finding.databases.map(\.name) == [subject.database.name])
        #expect(finding.databases.allSatisfy { $0.fault == nil })
        try subject.change()
        let again = subject.scratchPath("again")
        try Snapshots.restore(engine, subject.database, to: again)
        #expect(try subject.content(of: again) == subject.content())
        for copy in [again, copy + "-later"] { try? FileManager.default.removeItem(atPath: copy) }
    }

    private func refusesToCheckWhatIsNotThere() throws {
        let fault = #expect(throws: Fault.self) { try engine.check(subject.scratchPath("absent")) }
        #expect([.inputOutput, .databaseUnrecognised, .notFound].contains(fault?.code))
    }
}
