import Engines
import EnginesTestSupport
import Foundation
import Model
import Testing

/// What the write-ahead log tells of changed pages: never less than those that changed.
@Suite(.serialized) struct LogFollowingTests {
    @Test func namesWhatOneGenerationOfTheLogWrote() throws {
        let fixture = try SQLiteFixture(size: 4_000_000)
        let holder = try hold(fixture)
        let image = try fixture.namedImage()
        try fixture.change()
        #expect(try image.follow(fixture.engine).isCompared)
        #expect(try image.follow(fixture.engine) == .unchanged)
        for _ in 0..<5 {
            try fixture.change()
            let found = try image.follow(fixture.engine)
            guard case .named(let named, let changed) = found else { throw NamedImage.Missed(description: "\(found)") }
            #expect(changed > 0 && named <= changed + 2, "\(found)")
        }
        _ = try holder.finish()
    }

    @Test func namesThemAlsoWithoutMemoryOfItsOwn() throws {
        let fixture = try SQLiteFixture(size: 4_000_000)
        let holder = try hold(fixture)
        let image = try fixture.namedImage()
        try fixture.change()
        _ = try image.follow(fixture.engine)
        for _ in 0..<5 {
            try fixture.change()
            #expect(try image.follow(fixture.restarted).isNamed)
        }
        _ = try holder.finish()
    }

    /// The sum of the first frame is lost, by which only those who read all of the log notice it.
    @Test func readsNoFrameTwice() throws {
        let fixture = try SQLiteFixture(size: 4_000_000)
        let holder = try hold(fixture)
        let image = try fixture.namedImage()
        try fixture.change()
        _ = try image.follow(fixture.engine)
        let log = try FileHandle(forUpdating: URL(filePath: fixture.path + "-wal"))
        try log.seek(toOffset: 32 + 16)
        try log.write(contentsOf: [UInt8](repeating: 0xAA, count: 8))
        try log.close()
        try fixture.change()
        #expect(try image.follow(fixture.engine).isNamed)
        // Who has not read it before can't take it for a log.
        #expect(throws: Fault.self) {
            try fixture.restarted.snapshot(of: fixture.database, patience: .fresh).close()
        }
        _ = try? holder.finish()
    }

    /// Of three looks in each generation, the first finds what is left of the one before.
    @Test func namesWhatWasWrittenAcrossAStartOver() throws {
        let fixture = try SQLiteFixture(size: 4_000_000)
        let holder = try hold(fixture)
        // The file of the log gets as long as it will ever be.
        try fixture.write(transactions: 1500)
        let image = try fixture.namedImage()
        var found: [NamedImage.Found] = []
        for _ in 0..<40 {
            try fixture.write(transactions: 60)
            found.append(try image.follow(fixture.restarted))
        }
        #expect(found.count(where: \.isNamed) >= 30, "\(found)")
        _ = try holder.finish()
    }

    @Test func comparesWhenTheLogWentOnTooFar() throws {
        let fixture = try SQLiteFixture(size: 1_000_000)
        let holder = try hold(fixture)
        let image = try fixture.namedImage()
        try fixture.change()
        _ = try image.follow(fixture.restarted)
        try fixture.write(transactions: 1500)
        let found = try image.follow(fixture.restarted)
        #expect(found.isCompared, "\(found)")
        _ = try holder.finish()
    }

    /// Thousands of transactions between two looks start the log over many times; after one comparison nothing is missed.
    @Test func followsALogThatIsStartedOverAgainAndAgain() throws {
        let fixture = try SQLiteFixture(size: 4_000_000)
        let holder = try hold(fixture)
        let image = try fixture.namedImage()
        _ = try image.follow(fixture.engine)
        try fixture.write(transactions: 1500)
        #expect(try image.follow(fixture.engine).isCompared)
        for _ in 0..<6 {
            try fixture.write(transactions: 1500)
            let found = try image.follow(fixture.engine)
            #expect(found.isNamed, "\(found)")
        }
        // Of 240 MiB that were written; unhindered, the log has 4 MiB, and some more for each pause of ours.
        let log = try FileManager.default.attributesOfItem(atPath: fixture.path + "-wal")[.size] as? Int ?? .max
        #expect(log < 200 << 20)
        _ = try holder.finish()
    }

    @Test func leavesTheLastClientItsCleanEndWhileFollowing() throws {
        let fixture = try SQLiteFixture(size: 1_000_000)
        let before = try fixture.surroundings()
        let holder = try hold(fixture)
        let image = try fixture.namedImage()
        try fixture.change()
        _ = try image.follow(fixture.engine)
        try fixture.write(transactions: 1500)
        _ = try image.follow(fixture.engine)
        try fixture.change()
        #expect(try image.follow(fixture.engine).isNamed)
        _ = try holder.finish()
        #expect(try fixture.surroundings() == before)
        try fixture.change()
        #expect(try image.follow(fixture.engine).isCompared)
    }

    /// Readers take all slots, each with a mark of its own, while nothing but slot 0 is ours.
    @Test func missesNothingWhileReadersHaveAllSlots() throws {
        let fixture = try SQLiteFixture(size: 4_000_000)
        let holder = try hold(fixture)
        let image = try fixture.followedImage()
        for _ in 0..<3 {
            var readers: [LedgerWriter.Child] = []
            for _ in 0..<4 {
                try fixture.change()
                readers.append(try hold(fixture, "--reading"))
            }
            for _ in 0..<3 {
                try fixture.change()
                _ = try image.follow(fixture.engine)
            }
            for reader in readers { _ = try reader.finish() }
            try fixture.write(transactions: 1500)
            _ = try image.follow(fixture.engine)
        }
        _ = try holder.finish()
    }

    /// A client that comes right after another's crash sets the index up anew, and leaves marks for slots it can't lock.
    @Test func keepsNoLogFromBeingFoldedBackAfterACrashOfItsClient() throws {
        let fixture = try SQLiteFixture(size: 4_000_000)
        var holder = try hold(fixture)
        let image = try fixture.followedImage()
        for _ in 0..<10 {
            holder.crash()
            holder = try hold(fixture)
            try fixture.change()
            _ = try image.follow(fixture.engine)
        }
        for _ in 0..<4 { try fixture.write(transactions: 1500) }
        // Of 160 MiB that were written; with a mark in the way nothing at all would be folded back.
        let log = try FileManager.default.attributesOfItem(atPath: fixture.path + "-wal")[.size] as? Int ?? .max
        #expect(log < 140 << 20)
        _ = try image.follow(fixture.engine)
        _ = try holder.finish()
    }

    @Test func comparesAfterATokenOfAnotherRelease() throws {
        let fixture = try SQLiteFixture(size: 1_000_000)
        let token = try Snapshots.capture(fixture.engine, fixture.database, to: fixture.scratchPath("image")).token
        let other = token.replacing(/"format":\d+/, with: "\"format\":1")
        #expect(other != token)
        guard case .unknown = fixture.engine.changes(of: fixture.database, since: other) else {
            throw NamedImage.Missed(description: "what another release noted counted")
        }
    }

    /// A log that nothing was written to yet can't be told from the next such one.
    @Test func comparesFromALogThatNothingWasWrittenTo() throws {
        let fixture = try SQLiteFixture(size: 1_000_000)
        let image = try fixture.namedImage()
        for _ in 0..<3 {
            let holder = try hold(fixture)
            #expect(try image.follow(fixture.engine).isCompared)
            _ = try holder.finish()
            try fixture.change()
        }
        // The same while a client stays that has written: its log has salts.
        let holder = try hold(fixture)
        #expect(try image.follow(fixture.engine).isCompared)
        try fixture.change()
        _ = try image.follow(fixture.engine)
        try fixture.change()
        #expect(try image.follow(fixture.engine).isNamed)
        _ = try holder.finish()
    }

    /// What a log held, a crash of the machine may have undone.
    @Test func comparesAfterARestartOfTheMachine() throws {
        let fixture = try SQLiteFixture(size: 1_000_000)
        let holder = try hold(fixture)
        try fixture.change()
        let token = try Snapshots.capture(fixture.engine, fixture.database, to: fixture.scratchPath("image")).token
        try fixture.change()
        guard case .pages = fixture.engine.changes(of: fixture.database, since: token) else {
            throw NamedImage.Missed(description: "nothing was named")
        }
        let boot = try String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8).dropLast()
        let other = token.replacingOccurrences(of: boot, with: "another")
        #expect(other != token)
        guard case .unknown = fixture.engine.changes(of: fixture.database, since: other) else {
            throw NamedImage.Missed(description: "a place of another run of the machine counted")
        }
        _ = try holder.finish()
    }

    /// The proof: whatever writers do, at every recovery point each page that differs from the one before was named.
    @Test(arguments: [512, 4096, 65_536], [1, 3])
    func neverMissesAPageWhateverTheWritersDo(pageSize: Int, processes: Int) throws {
        try prove(pageSize, processes, size: 2_000_000, seconds: Long.isAsked ? 300 : 5)
    }

    @Test(.enabled(if: Long.isAsked))
    func neverMissesAPageOfADatabaseThatHasALockPage() throws {
        try prove(4096, 3, size: 1_150_000_000, seconds: 600)
    }

    private func prove(_ pageSize: Int, _ processes: Int, size: Int, seconds: Double) throws {
        var random = PrintedRandom("pages of \(pageSize), \(processes) writers, \(size) bytes")
        let fixture = try SQLiteFixture(pageSize: pageSize, size: size)
        let image = try fixture.namedImage()
        var engine = fixture.engine
        var writers = try Self.disturb(fixture, processes)
        let deadline = Date(timeIntervalSinceNow: seconds)
        var tally: [String: Int] = [:]
        // On a busy machine, and of a large database, fewer looks fit between two starts over of the log: then it takes longer.
        while Date() < deadline || tally["named", default: 0] <= 10 && Date() < deadline + max(120, 2 * seconds) {
            let found = try image.follow(engine)
            tally[found.kind, default: 0] += 1
            switch UInt32.random(in: 0..<60, using: &random) {
            case 0:
                writers.crash()
                writers = try Self.disturb(fixture, processes)
            case 1: engine = fixture.restarted
            case 2: _ = try LedgerWriter.prove(fixture.scratchPath("named"))
            default: break
            }
        }
        writers.crash()
        _ = try image.follow(engine)
        #expect(try LedgerWriter.prove(fixture.scratchPath("named")) > 0)
        print("pages of \(pageSize), \(processes) writers: \(tally)")
        #expect(tally["named", default: 0] > 10)
    }

    private static func disturb(_ fixture: SQLiteFixture, _ processes: Int) throws -> LedgerWriter.Child {
        try LedgerWriter.start(
            "write", fixture.path, "--seconds", "0", "--processes", "\(processes)", "--vacuum", "--schema",
            "--checkpoints", "--synchronous", "off", "--rate", "2000", "--busy", "20")
    }

    private func hold(_ fixture: SQLiteFixture, _ options: String...) throws -> LedgerWriter.Child {
        let holder = try LedgerWriter.start(["hold", fixture.path] + options)
        try holder.waitUntilReady()
        return holder
    }
}

extension SQLiteFixture {
    fileprivate func namedImage() throws -> NamedImage { try NamedImage(database, at: scratchPath("named")) }

    /// An image of a database whose log is followed, since it was started over too often.
    fileprivate func followedImage() throws -> NamedImage {
        let image = try namedImage()
        try change()
        _ = try image.follow(engine)
        try write(transactions: 1500)
        _ = try image.follow(engine)
        return image
    }

    fileprivate func write(transactions: Int) throws {
        try LedgerWriter.run(
            "write", path, "--seconds", "0", "--transactions", "\(transactions)", "--synchronous", "off")
    }
}

extension NamedImage.Found {
    fileprivate var isNamed: Bool { kind == "named" }
    fileprivate var isCompared: Bool { kind == "compared" }

    fileprivate var kind: String {
        switch self {
        case .unchanged: "unchanged"
        case .named: "named"
        case .compared: "compared"
        }
    }
}
