import Glibc
import Model
import Platform
import Synchronization
import Testing

@Suite(.folder) struct FilesTests {
    private var folder: String { Fixture.folder }

    @Test func writesDurablyWithModeAndWithoutLeftovers() throws {
        try Files.writeDurably(bytes("one"), to: "\(folder)/record", mode: 0o640)
        #expect(try text("\(folder)/record") == "one")
        #expect(try #require(try Files.status("\(folder)/record")).mode == 0o640)
        try Files.writeDurably(bytes("two"), to: "\(folder)/record", mode: 0o600)
        #expect(try text("\(folder)/record") == "two")
        #expect(try Files.list(folder) == ["record"])
    }

    @Test func putIfAbsentKeepsWhatIsThere() throws {
        try Files.writeDurably(bytes("one"), to: "\(folder)/record", mode: 0o600, replacing: false)
        let fault = fault {
            try Files.writeDurably(bytes("two"), to: "\(folder)/record", mode: 0o600, replacing: false)
        }
        #expect(fault?.code == .targetExists)
        #expect(try text("\(folder)/record") == "one")
        #expect(try Files.list(folder) == ["record"])
    }

    @Test func writingIntoAMissingFolderFailsAndNamesIt() {
        let fault = fault { try Files.writeDurably(bytes("x"), to: "\(folder)/none/record", mode: 0o600) }
        #expect(fault?.code == .notFound)
        #expect(fault?.message.contains("\(folder)/none/") == true)
    }

    @Test func renameWithoutReplacingRefusesFilesFoldersAndLinks() throws {
        try put(bytes("new"), "\(folder)/new")
        try put(bytes("old"), "\(folder)/file")
        try Files.makeDirectory("\(folder)/empty", mode: 0o700)
        #expect(symlink("nowhere", "\(folder)/link") == 0)
        for target in ["file", "empty", "link"] {
            let fault = fault { try Files.rename("\(folder)/new", to: "\(folder)/\(target)", replacing: false) }
            #expect(fault?.code == .targetExists, "\(target)")
        }
        #expect(try text("\(folder)/new") == "new")
        #expect(try text("\(folder)/file") == "old")
        try Files.rename("\(folder)/new", to: "\(folder)/free", replacing: false)
        try Files.rename("\(folder)/free", to: "\(folder)/file", replacing: true)
        #expect(try text("\(folder)/file") == "new")
        #expect(!Files.exists("\(folder)/new") && !Files.exists("\(folder)/free"))
    }

    @Test func linkRefusesAnExistingName() throws {
        try put(bytes("a"), "\(folder)/a")
        try put(bytes("b"), "\(folder)/b")
        #expect(fault { try Files.link("\(folder)/a", to: "\(folder)/b") }?.code == .targetExists)
        try Files.link("\(folder)/a", to: "\(folder)/c")
        #expect(try Files.status("\(folder)/c")?.links == 2)
    }

    @Test func removingATreeNeverFollowsALink() throws {
        try Files.makeDirectories("\(folder)/outside/deep", mode: 0o700)
        try put(bytes("keep"), "\(folder)/outside/deep/file")
        try Files.makeDirectories("\(folder)/tree/a/b", mode: 0o700)
        try put(bytes("x"), "\(folder)/tree/a/b/file")
        #expect(symlink("\(folder)/outside", "\(folder)/tree/a/link") == 0)
        #expect(symlink("..", "\(folder)/tree/a/loop") == 0)
        #expect(symlink("nowhere", "\(folder)/tree/dangling") == 0)
        try Files.removeTree("\(folder)/tree")
        #expect(!Files.exists("\(folder)/tree"))
        #expect(try text("\(folder)/outside/deep/file") == "keep")

        #expect(symlink("\(folder)/outside", "\(folder)/top") == 0)
        try Files.removeTree("\(folder)/top")
        #expect(!Files.exists("\(folder)/top"))
        #expect(try text("\(folder)/outside/deep/file") == "keep")
        try Files.removeTree("\(folder)/never-was")
    }

    /// Somebody who may write there puts a link in a folder's place, over and over.
    @Test func removingATreeLeavesTheRestAloneWhoeverIsAtWorkInIt() async throws {
        let folder = "/tmp/holdfast-removal-\(Identifier.random())"
        defer { try? Files.removeTree(folder) }
        for name in ["", "/outside"] { try Files.makeDirectory("\(folder)\(name)", mode: 0o700) }
        let names = (0..<50).map { "\(folder)/outside/\($0)" }
        for name in names { _ = try File.create(name, mode: 0o600) }
        let isOver = Mutex(false)
        async let swapper: Void = Threads.run("swapper") {
            while !isOver.withLock({ $0 }) {
                _ = rename("\(folder)/tree/inner", "\(folder)/tree/moved")
                _ = symlink("\(folder)/outside", "\(folder)/tree/inner")
                _ = unlink("\(folder)/tree/inner")
                _ = rename("\(folder)/tree/moved", "\(folder)/tree/inner")
            }
        }
        try await Threads.run("remover") {
            for _ in 0..<2000 {
                try? Files.makeDirectory("\(folder)/tree", mode: 0o700)
                try? Files.makeDirectory("\(folder)/tree/inner", mode: 0o700)
                try? Files.removeTree("\(folder)/tree")
            }
        }
        isOver.withLock { $0 = true }
        try await swapper
        #expect(try Files.list("\(folder)/outside").count == names.count)
    }

    @Test func makesMissingFoldersAndAcceptsThoseThatAre() throws {
        try Files.makeDirectories("\(folder)/a/b/c", mode: 0o750)
        try Files.makeDirectories("\(folder)/a/b/c", mode: 0o750)
        #expect(try Files.status("\(folder)/a/b/c")?.kind == .directory)
        try put([], "\(folder)/file")
        #expect(fault { try Files.makeDirectories("\(folder)/file", mode: 0o750) } != nil)
        #expect(fault { try Files.makeDirectories("\(folder)/file/below", mode: 0o750) } != nil)
    }

    @Test func statusTellsWhatIsThere() throws {
        try put(bytes("12345"), "\(folder)/file", mode: 0o640)
        try Files.makeDirectory("\(folder)/sub", mode: 0o700)
        #expect(symlink("file", "\(folder)/link") == 0)
        #expect(mkfifo("\(folder)/pipe", 0o600) == 0)
        let file = try #require(try Files.status("\(folder)/file"))
        #expect(file.kind == .file && file.size == 5 && file.mode == 0o640 && file.links == 1)
        #expect(file.uid == getuid())
        #expect(try Files.status("\(folder)/sub")?.kind == .directory)
        #expect(try Files.status("\(folder)/pipe")?.kind == .other)
        #expect(try Files.status("\(folder)/link", followLinks: false)?.kind == .symbolicLink)
        #expect(try #require(try Files.status("\(folder)/link")).isSameFile(as: file))
        #expect(try Files.status("\(folder)/nothing") == nil)
        #expect(try Files.status("\(folder)/file/below") == nil)
    }

    @Test func modeAndOwnerAreSetByName() throws {
        try put([], "\(folder)/file")
        try Files.setMode("\(folder)/file", 0o660)
        try Files.setOwner("\(folder)/file", gid: getgid())
        let status = try #require(try Files.status("\(folder)/file"))
        #expect(status.mode == 0o660 && status.uid == getuid() && status.gid == getgid())
        #expect(fault { try Files.setMode("\(folder)/none", 0o660) }?.code == .notFound)
    }

    @Test func listsEveryNameAsItIs() throws {
        let names = ["a", ".hidden", "with space", "two\nlines", "ü漢", "...", "-rf"]
        for name in names { try put([], "\(folder)/\(name)") }
        #expect(try Set(Files.list(folder)) == Set(names))
    }

    @Test func readingMoreThanTheLimitFails() throws {
        try put(bytes("123456"), "\(folder)/file")
        #expect(try Files.read("\(folder)/file", limit: 6) == bytes("123456"))
        #expect(fault { _ = try Files.read("\(folder)/file", limit: 5) }?.code == .inputOutput)
    }

    @Test(arguments: [
        ("/a/b", "/a", "b"), ("/a", "/", "a"), ("a", ".", "a"), ("a/b", "a", "b"), ("/", "/", ""),
    ])
    func takesPathsApart(path: String, parent: String, name: String) {
        #expect(Files.parent(of: path) == parent)
        #expect(Files.name(of: path) == name)
    }

    @Test func aFullDiskIsToldApart() {
        #expect(SystemCall.fault(ENOSPC, "write", "/x").code == .outOfSpace)
        #expect(SystemCall.fault(EDQUOT, "write", "/x").code == .outOfSpace)
        #expect(SystemCall.fault(EIO, "write", "/x").code == .inputOutput)
        #expect(
            SystemCall.fault(ENOENT, "open", "/x").description
                == "cannot open /x: no such file or directory [not-found]")
    }
}
