import Catalog
import Foundation
import Model
import Synchronization
import Testing

@Suite struct OpeningTests {
    @Test func keepsWhatWasRecordedOverARestart() throws {
        let scratch = try Scratch()
        let draft = MessageDraft(
            .warning, .drift, "text", database: orders, run: 7, actor: alice, cause: "cause", hint: "hint")
        let recorded = try scratch.catalog.record([draft], at: at(5))
        try scratch.reopen()
        let read = try scratch.catalog.messages()
        #expect(read == recorded)
        #expect(read.first?.content == draft)
        #expect(read.first?.instant == at(5))
    }

    @Test func aLostCatalogStartsEmpty() throws {
        let scratch = try Scratch()
        try scratch.catalog.record([MessageDraft(.info, .daemonStarted, "started")], at: at(0))
        try scratch.catalog.close()
        try FileManager.default.removeItem(atPath: scratch.path)
        #expect(try Catalog.open(scratch.path).messages() == [])
    }

    @Test(arguments: [0, 100, 4096]) func aDamagedCatalogIsRefusedAndLeftAsItIs(offset: Int) throws {
        let scratch = try Scratch()
        for number in 0..<200 {
            try scratch.catalog.record(
                [MessageDraft(.info, .daemonStarted, "message \(number)", database: orders)], at: at(number))
        }
        try scratch.catalog.close()
        var content = try Data(contentsOf: URL(fileURLWithPath: scratch.path))
        // A wrong header, a wrong schema, or everything but these.
        let count = offset < 4096 ? 100 : content.count - offset
        try #require(count > 0)
        content.replaceSubrange(offset..<offset + count, with: Data(repeating: 0xA5, count: count))
        try content.write(to: URL(fileURLWithPath: scratch.path))
        let fault = #expect(throws: Fault.self) { try Catalog.open(scratch.path) }
        #expect(fault?.code == .databaseDamaged)
        #expect(fault?.hint?.contains(scratch.path) ?? false)
        #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.path)) == content)
    }

    /// What the file says of its version can't be read either, which is not what is said.
    @Test func aFewDamagedBytesAreDamageToo() throws {
        let scratch = try Scratch()
        try scratch.catalog.close()
        var content = try Data(contentsOf: URL(fileURLWithPath: scratch.path))
        content.replaceSubrange(4100..<4107, with: Data("garbage".utf8))
        try content.write(to: URL(fileURLWithPath: scratch.path))
        let fault = #expect(throws: Fault.self) { try Catalog.open(scratch.path) }
        #expect(fault?.code == .databaseDamaged, "\(String(describing: fault))")
    }

    @Test func textInPlaceOfACatalogIsRefused() throws {
        let scratch = try Scratch()
        let path = "\(scratch.folder)/other.db"
        try Data("this is no database, but long enough to look like a file of something".utf8)
            .write(to: URL(fileURLWithPath: path))
        let fault = #expect(throws: Fault.self) { try Catalog.open(path) }
        #expect(fault?.code == .databaseDamaged)
    }

    @Test func aMissingFolderIsAClearFault() throws {
        let fault = #expect(throws: Fault.self) { try Catalog.open("/nonexistent/folder/catalog.db") }
        #expect(fault?.code == .notPermitted)
        #expect(fault?.hint != nil)
    }

    @Test func aCopyHoldsTheSame() throws {
        let scratch = try Scratch()
        let recorded = try scratch.catalog.record([MessageDraft(.info, .daemonStarted, "started")], at: at(0))
        try scratch.catalog.copy(to: "\(scratch.folder)/copy.db")
        #expect(try Catalog.open("\(scratch.folder)/copy.db").messages() == recorded)
    }

    @Test func observersSeeEachCommitOnceAndInOrder() throws {
        let scratch = try Scratch()
        let seen = Mutex<[MessageID]>([])
        scratch.catalog.observe { messages in seen.withLock { $0 += messages.map(\.id) } }
        let catalog = scratch.catalog
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            for number in 0..<25 {
                let draft = MessageDraft(.info, .daemonStarted, "\(thread)/\(number)")
                _ = try? catalog.record([draft, draft], at: at(number))
            }
        }
        #expect(seen.withLock { $0 } == Array(1...400))
        let fault = #expect(throws: Fault.self) {
            try catalog.acknowledge([1, 9999], by: alice, at: at(0))
        }
        #expect(fault?.code == .notFound)
        #expect(seen.withLock { $0.count } == 400)
    }

    /// A call that costs a little more stack each time ends a daemon after some thousand messages.
    @Test func callingTheObserverCostsTheSameEachTime() throws {
        let scratch = try Scratch()
        let depths = Mutex<[Int]>([])
        scratch.catalog.observe { _ in depths.withLock { $0.append(Thread.callStackReturnAddresses.count) } }
        for number in 0..<20 {
            try scratch.catalog.record([MessageDraft(.info, .daemonStarted, "\(number)")], at: at(number))
        }
        #expect(depths.withLock { Set($0) }.count == 1)
    }
}
