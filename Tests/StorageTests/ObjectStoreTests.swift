import Archiving
import Model
import Storage
import StorageTestSupport
import Testing

@Suite struct ObjectStoreTests {
    @Test(arguments: ObjectStoreContract.Promise.allCases)
    func localFolderKeepsThePromise(_ promise: ObjectStoreContract.Promise) throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try ObjectStoreContract.verify(promise, LocalFolderStore(folder.path))
    }

    @Test(arguments: ObjectStoreContract.Promise.allCases)
    func faultyStoreKeepsThePromise(_ promise: ObjectStoreContract.Promise) throws {
        try ObjectStoreContract.verify(promise, FaultyStore())
    }

    @Test func losesOnlyWhatWasNotSynced() throws {
        for seed in 0..<50 as Range<UInt64> {
            let store = FaultyStore()
            try store.put("a/kept", [1, 2, 3])
            let writer = try store.create(in: "a")
            _ = try [UInt8](repeating: 7, count: 2000).withUnsafeBytes { try writer.append($0) }
            try writer.commit(as: "a/maybe", syncNames: false)
            let after = store.afterPowerCut(seed: seed)
            #expect(try after.read("a/kept", limit: 3) == [1, 2, 3])
            let names = try after.list("a")
            #expect(names == ["kept"] || names == ["kept", "maybe"])
        }
    }
}
