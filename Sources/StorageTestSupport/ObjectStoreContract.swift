import Archiving
import Model
package import Storage
import Testing

/// What every object store promises; each store's tests call `verify` with a fresh, empty store.
package enum ObjectStoreContract {
    /// The promises, by name.
    package enum Promise: String, Sendable, CaseIterable, CustomTestStringConvertible {
        case storesAndReads, refusesATakenName, hidesWhatIsNotCommitted, abandonsWithoutTrace, listsFolders
        case readsRanges, deletes, appendsWhereItSays, keepsOpenObjectsReadable, dropsUncommitted, commitsManyThenSyncs

        package var testDescription: String { rawValue }
    }

    package static func verify(_ promise: Promise, _ store: any ObjectStore) throws {
        switch promise {
        case .storesAndReads: try storesAndReads(store)
        case .refusesATakenName: try refusesATakenName(store)
        case .hidesWhatIsNotCommitted: try hidesWhatIsNotCommitted(store)
        case .abandonsWithoutTrace: try abandonsWithoutTrace(store)
        case .listsFolders: try listsFolders(store)
        case .readsRanges: try readsRanges(store)
        case .deletes: try deletes(store)
        case .appendsWhereItSays: try appendsWhereItSays(store)
        case .keepsOpenObjectsReadable: try keepsOpenObjectsReadable(store)
        case .dropsUncommitted: try dropsUncommitted(store)
        case .commitsManyThenSyncs: try commitsManyThenSyncs(store)
        }
    }

    private static func storesAndReads(_ store: any ObjectStore) throws {
        try store.put("a/b/c", [1, 2, 3])
        #expect(try store.read("a/b/c", limit: 3) == [1, 2, 3])
        #expect(try store.size("a/b/c") == 3)
        #expect(throws: Fault.self) { try store.read("a/b/c", limit: 2) }
        try store.put("empty", [])
        #expect(try store.read("empty", limit: 10) == [])
    }

    private static func refusesATakenName(_ store: any ObjectStore) throws {
        try store.put("a/x", [1])
        let fault = #expect(throws: Fault.self) { try store.put("a/x", [2]) }
        #expect(fault?.code == .targetExists)
        #expect(try store.read("a/x", limit: 10) == [1])
        #expect(try store.list("a") == ["x"])
    }

    private static func hidesWhatIsNotCommitted(_ store: any ObjectStore) throws {
        let writer = try store.create(in: "a")
        _ = try append([1, 2], to: writer)
        #expect(try store.list("a") == [])
        try writer.commit(as: "a/x", syncNames: true)
        #expect(try store.list("a") == ["x"])
        writer.abandon()
        #expect(try store.list("a") == ["x"])
    }

    private static func abandonsWithoutTrace(_ store: any ObjectStore) throws {
        let writer = try store.create(in: "a")
        _ = try append([1, 2], to: writer)
        writer.abandon()
        writer.abandon()
        #expect(try store.list("a") == [])
    }

    private static func listsFolders(_ store: any ObjectStore) throws {
        #expect(try store.list("nowhere") == [])
        for name in ["a/2", "a/1", "a/c/3", "b"] { try store.put(name, [0]) }
        #expect(try store.list("a") == ["1", "2", "c"])
        #expect(try store.list("") == ["a", "b"])
        #expect(try store.size("a") == nil)
        #expect(try store.size("a/9") == nil)
    }

    private static func readsRanges(_ store: any ObjectStore) throws {
        try store.put("x", Array(0..<100))
        let object = try store.open("x")
        #expect(try object.length() == 100)
        #expect(try read(object, 10, at: 20) == Array(20..<30))
        #expect(try read(object, 10, at: 95) == Array(95..<100))
        #expect(try read(object, 10, at: 100) == [])
        #expect(try read(object, 10, at: UInt64(Int64.max)) == [])
        let fault = #expect(throws: Fault.self) { try store.open("y") }
        #expect(fault?.code == .notFound)
    }

    private static func deletes(_ store: any ObjectStore) throws {
        try store.put("a/x", [1])
        try store.delete("a/x")
        try store.delete("a/x")
        try store.syncNames(of: "a")
        #expect(try store.list("a") == [])
        try store.put("a/x", [2])
        #expect(try store.read("a/x", limit: 1) == [2])
    }

    private static func appendsWhereItSays(_ store: any ObjectStore) throws {
        let writer = try store.create(in: "a")
        #expect(try append([1, 2], to: writer) == 0)
        #expect(try append([], to: writer) == 2)
        #expect(try append([3], to: writer) == 2)
        try writer.commit(as: "a/x", syncNames: true)
        #expect(try store.read("a/x", limit: 10) == [1, 2, 3])
    }

    private static func keepsOpenObjectsReadable(_ store: any ObjectStore) throws {
        try store.put("x", [7])
        let object = try store.open("x")
        try store.delete("x")
        #expect(try read(object, 1, at: 0) == [7])
    }

    private static func dropsUncommitted(_ store: any ObjectStore) throws {
        try store.put("a/x", [1])
        let writer = try store.create(in: "a")
        _ = try append([1, 2], to: writer)
        try store.dropUncommitted(in: "a")
        #expect(throws: Fault.self) { try writer.commit(as: "a/y", syncNames: true) }
        #expect(try store.list("a") == ["x"])
        try store.dropUncommitted(in: "nowhere")
    }

    private static func commitsManyThenSyncs(_ store: any ObjectStore) throws {
        for name in ["a/1", "a/2"] {
            let writer = try store.create(in: "a")
            _ = try append([9], to: writer)
            try writer.commit(as: name, syncNames: false)
        }
        try store.syncNames(of: "a")
        #expect(try store.list("a") == ["1", "2"])
    }

    private static func append(_ bytes: [UInt8], to writer: any ObjectWriter) throws -> UInt64 {
        try bytes.withUnsafeBytes { try writer.append($0) }
    }

    private static func read(_ object: any EnvelopeSource, _ count: Int, at offset: UInt64) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let read = try bytes.withUnsafeMutableBytes { try object.read(into: $0, at: offset) }
        return Array(bytes.prefix(read))
    }
}
