import Engines
import EnginesTestSupport
import Foundation
import Glibc
import Model
import Platform
import Testing

@Suite struct DatabaseProspectTests {
    let root: TestFolder
    let sample: Data

    init() throws {
        root = try TestFolder()
        try LedgerWriter.run("create", root("sample"), "--size", "20000", "--journal", "delete")
        sample = try Data(contentsOf: URL(fileURLWithPath: root("sample")))
        try FileManager.default.removeItem(atPath: root("sample"))
    }

    private func place(_ names: String...) throws {
        for name in names {
            let url = URL(fileURLWithPath: root(name))
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try sample.write(to: url)
        }
    }

    private func found(
        _ limits: DatabaseProspect.Limits = .init(), excluding: [String] = [], mounts: [Mount] = []
    ) -> (names: [String], shortfall: String?) {
        let answer = DatabaseProspect(excluding: excluding, mounts: mounts, limits: limits).run(below: [root.path])
        #expect(answer.found.allSatisfy { $0.size.bytes == Int64(sample.count) && $0.device > 0 })
        return (answer.found.map { String($0.path.dropFirst(root.path.count + 1)) }, answer.shortfall)
    }

    @Test func findsDatabasesByTheirHeaderAndLeavesCachesCopiesAndHiddenFoldersOut() throws {
        try place(
            "crm/app.db", "crm/no-suffix", "crm/app.db-wal", "crm/x\u{600}-wal", "crm/cache/a.db", "crm/backups/b.db",
            "crm/app.db.replaced-20261123055704/app.db",
            ".config/c.db",
            "crm/.hidden", "lib/node_modules/d.db")
        try root.write(Array("SQLite is fine".utf8), to: "crm/text.db")
        #expect(symlink(root("crm"), root("link")) == 0)
        let (names, shortfall) = found()
        #expect(names == ["crm/.hidden", "crm/app.db", "crm/no-suffix"] && shortfall == nil)
    }

    @Test func entersNeitherExcludedFoldersNorFileSystemsOfOthers() throws {
        try place("a/x.db", "own/x.db", "net/x.db", "disk/x.db")
        let mounts = [("net", "nfs4"), ("disk", "ext4"), ("a/..", "proc")].map {
            Mount(path: root($0.0), kind: $0.1, isReadOnly: false)
        }
        #expect(found(excluding: [root("own")], mounts: mounts).names == ["a/x.db", "disk/x.db"])
        #expect(found(excluding: [root.path]).names.isEmpty)
    }

    @Test func knowsACopyOfARestoreByThePathItWasWrittenTo() throws {
        try place("a/x.db", "b/x.db", "c/x.db")
        for (name, path) in [("a/x.db", "a/x.db"), ("b/x.db", "elsewhere/x.db")] {
            RestoredCopy.mark(try File.open(root(name), .readWrite), as: root(path))
        }
        let answer = DatabaseProspect(excluding: [], mounts: []).run(below: [root.path])
        #expect(answer.found.map(\.isCopy) == [true, false, false])
        RestoredCopy.mark(try File.folder(root("a")), as: root("a"))
        #expect(RestoredCopy.isMarked(folder: root("a")) && !RestoredCopy.isMarked(folder: root("b")))
        #expect(!RestoredCopy.isMarked(folder: root("missing")))
    }

    @Test func saysThatItEndedAtALimit() throws {
        try place("a/b/c/d/deep.db", "flat.db")
        var limits = DatabaseProspect.Limits()
        limits.depth = 2
        #expect(found(limits).names == ["flat.db"])
        #expect(found(limits).shortfall == "looked no deeper than 2 folders, such as into \(root("a/b/c"))")
        limits = .init()
        limits.entries = 1
        #expect(found(limits).shortfall == "ended after 1 files and folders")
        limits = .init()
        limits.time = .zero
        #expect(found(limits).names.isEmpty && found(limits).shortfall == "ended after 0 seconds")
    }
}
