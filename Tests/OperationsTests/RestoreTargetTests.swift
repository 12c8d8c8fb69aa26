import Glibc
import Model
import Operations
import Platform
import Testing

@Suite struct RestoreTargetTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = "/tmp/holdfast-target-\(Identifier.random())"
        try Files.makeDirectories("\(folder)/root/inner", mode: 0o700)
        try Files.makeDirectories("\(folder)/elsewhere", mode: 0o700)
        defer { try? Files.removeTree(folder) }
        try body(folder)
    }

    private func code(_ path: String, roots: [String]?) -> Code? {
        do {
            _ = try RestoreTarget.new(path, sidecars: { ["\($0)-wal", "\($0)-journal"] }, roots: roots)
            return nil
        } catch { return Fault.wrapping(error).code }
    }

    @Test func writesOnlyUnderTheRoots() throws {
        try withFolder { folder in
            let roots = ["\(folder)/root"]
            #expect(code("\(folder)/root/a.db", roots: roots) == nil)
            #expect(code("\(folder)/root/inner/a.db", roots: roots) == nil)
            #expect(code("\(folder)/elsewhere/a.db", roots: roots) == .targetNotAllowed)
            #expect(code("\(folder)/root/../elsewhere/a.db", roots: roots) == .targetNotAllowed)
            #expect(code("\(folder)/rootless/a.db", roots: roots) == .notFound)
            #expect(code("\(folder)/elsewhere/a.db", roots: nil) == nil)
            #expect(code("\(folder)/elsewhere/a.db", roots: []) == .targetNotAllowed)
        }
    }

    @Test func aRepositoryIsNoPlaceForRestoredFiles() throws {
        try withFolder { folder in
            try Files.makeDirectories("\(folder)/root/keys", mode: 0o700)
            try Files.writeDurably([], to: "\(folder)/root/repository.json", mode: 0o600)
            for place in ["root", "root/inner", "root/keys"] {
                #expect(code("\(folder)/\(place)/a.db", roots: nil) == .targetNotAllowed)
            }
            #expect(code("\(folder)/elsewhere/a.db", roots: nil) == nil)
        }
    }

    @Test func aFolderThatLooksLikeARootIsNone() throws {
        try withFolder { folder in
            for name in ["caf\u{e9}", "cafe\u{301}", "root/\u{301}x"] {
                try Files.makeDirectory("\(folder)/\(name)", mode: 0o700)
            }
            let roots = ["\(folder)/caf\u{e9}", "\(folder)/root"]
            #expect(code("\(folder)/caf\u{e9}/a.db", roots: roots) == nil)
            #expect(code("\(folder)/cafe\u{301}/a.db", roots: roots) == .targetNotAllowed)
            #expect(code("\(folder)/root/\u{301}x/a.db", roots: roots) == nil)
        }
    }

    @Test func followsNoLinkOutOfTheRoots() throws {
        try withFolder { folder in
            #expect(symlink("\(folder)/elsewhere", "\(folder)/root/way-out") == 0)
            #expect(code("\(folder)/root/way-out/a.db", roots: ["\(folder)/root"]) == .targetNotAllowed)
        }
    }

    @Test func refusesAFolderThatALinkTookThePlaceOfSinceTheCheck() throws {
        try withFolder { folder in
            let target = try RestoreTarget.new(
                "\(folder)/root/inner/a.db", sidecars: { _ in [] }, roots: ["\(folder)/root"])
            try target.recheck()
            try Files.rename("\(folder)/root/inner", to: "\(folder)/root/moved", replacing: false)
            #expect(symlink("\(folder)/elsewhere", "\(folder)/root/inner") == 0)
            #expect(throws: Fault.self) { try target.recheck() }
            #expect(throws: Fault.self) { try target.openFolder() }
            try Files.remove("\(folder)/root/inner")
            try Files.makeDirectory("\(folder)/root/inner", mode: 0o700)
            let fault = #expect(throws: Fault.self) { try target.recheck() }
            #expect(fault?.code == .targetNotAllowed, "another folder of that name")
        }
    }

    @Test func writesIntoTheCheckedFolderWhateverTakesItsNameMeanwhile() throws {
        try withFolder { folder in
            let target = try RestoreTarget.new(
                "\(folder)/root/inner/a.db", sidecars: { _ in [] }, roots: ["\(folder)/root"])
            let opened = try target.openFolder()
            try Files.rename("\(folder)/root/inner", to: "\(folder)/root/moved", replacing: false)
            #expect(symlink("\(folder)/elsewhere", "\(folder)/root/inner") == 0)
            try NewFile(orAs: opened.anchored("\(target.path).new")).publish(as: opened.anchored(target.path))
            #expect(Files.exists("\(folder)/root/moved/a.db"))
            #expect(try Files.list("\(folder)/elsewhere").isEmpty)
        }
    }

    @Test func refusesWhatExistsAndSidecars() throws {
        try withFolder { folder in
            try Files.writeDurably([1], to: "\(folder)/root/a.db", mode: 0o600)
            try Files.writeDurably([1], to: "\(folder)/root/b.db-wal", mode: 0o600)
            #expect(code("\(folder)/root/a.db", roots: nil) == .targetExists)
            #expect(code("\(folder)/root/b.db", roots: nil) == .targetExists)
            #expect(code("\(folder)/root/inner", roots: nil) == .targetExists)
            #expect(code("\(folder)/root/", roots: nil) == .wrongUsage)
            #expect(code("a.db", roots: nil) == .wrongUsage)
        }
    }
}
