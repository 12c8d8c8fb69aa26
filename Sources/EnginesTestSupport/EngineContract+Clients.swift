import Engines
import Foundation
import Model
import Testing

extension EngineContract {
    package func verifyClients() throws {
        try namesWhoUsesTheDatabase()
        try tellsClients()
        try disconnectsThoseMeant()
    }

    private var clients: [DatabaseClient] { get throws { try engine.clients(of: subject.database) } }

    private func client(of program: any SubjectClient) throws -> DatabaseClient {
        try #require(try clients.first { $0.processID == program.processID })
    }

    private func namesWhoUsesTheDatabase() throws {
        let before = Set(try clients.map(\.processID))
        let programs = [try subject.connect(), try subject.connect()]
        #expect(Set(try clients.map(\.processID)).subtracting(before) == Set(programs.map(\.processID)))
        let listing = try engine.clients(of: [subject.database])
        #expect(listing.isComplete || geteuid() != 0)
        for program in programs {
            let client = try client(of: program)
            #expect(!client.command.isEmpty && !client.user.isEmpty)
            #expect((client.session != nil) == subject.promises.commandsClients)
        }
        for program in programs { try program.leave() }
        try eventually("the end of the programs", at: #_sourceLocation) {
            Set(try clients.map(\.processID)).isSubset(of: before)
        }
    }

    private func tellsClients() throws {
        guard subject.promises.commandsClients else {
            expectRefusal { try engine.message("closing", until: nil, to: [subject.member]) }
            return
        }
        let program = try subject.connect()
        try engine.message("closing soon", until: nil, to: [subject.member])
        #expect(try program.hears("closing soon"))
        let fault = #expect(throws: Fault.self) {
            try engine.message("closing", until: nil, to: ["\(subject.member)-gone"])
        }
        #expect(fault?.code == .notFound)
        try program.leave()
    }

    private func disconnectsThoseMeant() throws {
        let (meant, other) = (try subject.connect(), try subject.connect())
        let client = try client(of: meant)
        guard subject.promises.commandsClients else {
            expectRefusal { _ = try engine.disconnect([client]) }
            #expect(try meant.isServed())
            return
        }
        #expect(try engine.disconnect([]).isEmpty)
        #expect(try engine.disconnect([client]).isEmpty)
        #expect(try !meant.isServed())
        // One that is gone is no fault, and nobody else is meant.
        #expect(try engine.disconnect([client]).isEmpty)
        #expect(try other.isServed())
        try other.leave()
    }
}

extension EngineContract {
    func verifyClosing() throws {
        guard subject.promises.commandsClients else { return try refusesToClose() }
        let before = try subject.surroundings()
        let plan = try engine.planClosing(subject.member)
        expectRefusal(.notFound) { _ = try engine.planClosing("\(subject.member)-gone") }
        #expect(try subject.surroundings() == before)
        #expect(try engine.leftovers() == [] && engine.upkeepGaps() == UpkeepGaps())
        try keepsClientsOut(plan)
        try engine.reopen(plan)
        try expectOpen(before)
        try reopensAfterACrash(plan, before)
        try reopensWhatWasClosedByHalf(plan, before)
    }

    private func keepsClientsOut(_ plan: String) throws {
        let inside = try subject.connect()
        try engine.close(plan)
        try engine.hold(plan)
        try eventually("the end of a session", at: #_sourceLocation) { try !inside.isServed() }
        #expect(throws: (any Error).self) { try subject.connect() }
        // Closed once more, as after a crash of the daemon.
        try subject.restarted.close(plan)
        #expect(throws: (any Error).self) { try subject.connect() }
    }

    /// Nothing is known but the plan, and at last not even that.
    private func reopensAfterACrash(_ plan: String, _ before: [String]) throws {
        try engine.close(plan)
        try subject.restarted.reopen(plan)
        try expectOpen(before)
        try engine.close(plan)
        let left = try subject.restarted.leftovers()
        #expect(left.map(\.member) == [subject.member])
        for closed in left { try subject.restarted.reopen(closed.plan) }
        try expectOpen(before)
        #expect(try engine.leftovers() == [])
    }

    /// The plan was kept, and then nothing or a part of the closing was done.
    private func reopensWhatWasClosedByHalf(_ plan: String, _ before: [String]) throws {
        for half in try [{}] + subject.closeByHalf() {
            try half()
            try subject.restarted.reopen(plan)
            try expectOpen(before)
        }
    }

    private func expectOpen(_ before: [String], at location: SourceLocation = #_sourceLocation) throws {
        #expect(try subject.surroundings() == before, sourceLocation: location)
        let program = try subject.connect()
        #expect(try program.isServed(), sourceLocation: location)
        try program.leave()
    }

    private func refusesToClose() throws {
        expectRefusal { _ = try engine.planClosing(subject.member) }
        for refused in [engine.close, engine.hold, engine.reopen] { expectRefusal { try refused("{}") } }
        #expect(try engine.leftovers() == [] && engine.upkeepGaps() == UpkeepGaps())
    }
}
