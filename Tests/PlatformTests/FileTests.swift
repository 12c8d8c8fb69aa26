import Glibc
import Model
import Platform
import Testing

@Suite(.folder) struct FileTests {
    private var folder: String { Fixture.folder }

    @Test func readsBackWhatWasWrittenAtEachOffset() throws {
        let file = try File.create("\(folder)/file", mode: 0o600)
        try bytes("world").withUnsafeBytes { try file.write($0, at: 5_000_000_000) }
        try bytes("hello").withUnsafeBytes { try file.write($0, at: 0) }
        try file.sync()
        #expect(try file.status().size == 5_000_000_005)
        #expect(try file.read(count: 5, at: 5_000_000_000) == bytes("world"))
        #expect(try file.read(count: 6, at: 0) == bytes("hello\0"))
        #expect(try file.read(count: 10, at: 5_000_000_003) == bytes("ld"))
        #expect(try file.read(count: 10, at: 6_000_000_000) == [])
        try file.truncate(to: 3)
        #expect(try file.read(count: 10, at: 0) == bytes("hel"))
    }

    @Test func createRefusesAnyExistingName() throws {
        try put([], "\(folder)/file")
        #expect(symlink("elsewhere", "\(folder)/link") == 0)
        for name in ["file", "link"] {
            #expect(fault { _ = try File.create("\(folder)/\(name)", mode: 0o600) }?.code == .targetExists)
        }
        #expect(!Files.exists("\(folder)/elsewhere"))
    }

    @Test func openingALinkIsRefusedWhereToldSo() throws {
        try put(bytes("x"), "\(folder)/file")
        #expect(symlink("file", "\(folder)/link") == 0)
        #expect(try File.open("\(folder)/link", .readOnly).read(count: 1, at: 0) == bytes("x"))
        #expect(fault { _ = try File.open("\(folder)/link", .readOnly, noFollow: true) } != nil)
    }

    @Test(.timeLimit(.minutes(10)))
    func openingAPipeDoesNotWaitForItsWriter() throws {
        #expect(mkfifo("\(folder)/pipe", 0o600) == 0)
        #expect(try File.open("\(folder)/pipe", .readOnly).status().kind == .other)
    }

    @Test func filesAreSyncedTogetherAndOneFailureCounts() throws {
        let files = try (0..<40).map { try put(bytes("\($0)"), "\(folder)/\($0)") }
        try File.syncAll(files)
        try File.syncAll([])
        // A pipe can't be synced. Source: fsync(2), EINVAL.
        #expect(mkfifo("\(folder)/pipe", 0o600) == 0)
        let pipe = try File.open("\(folder)/pipe", .readWrite)
        #expect(fault { try File.syncAll(files + [pipe]) }?.code == .inputOutput)
    }

    @Test func aScratchFileHasNoName() throws {
        let file = try File.scratch(in: folder)
        try bytes("scratch").withUnsafeBytes { try file.write($0, at: 0) }
        #expect(try file.read(count: 7, at: 0) == bytes("scratch"))
        #expect(try Files.list(folder) == [])
        #expect(try file.status().links == 0)
    }

    @Test func theDescriptorIsClosedWithTheLastReference() throws {
        var file: File? = try put([], "\(folder)/file")
        let descriptor = try #require(file?.descriptor)
        let status = try #require(file).status()
        file = nil
        // Another test may have taken the number meanwhile, for another file.
        var after = stat()
        #expect(fstat(descriptor, &after) != 0 || after.st_ino != status.inode)
    }

    @Test func modeAndTimesAreSet() throws {
        let file = try put([], "\(folder)/file")
        try file.setMode(0o444)
        try file.setModified(1_234_567_890_123_456_789)
        let status = try file.status()
        #expect(status.mode == 0o444)
        #expect(status.modified == 1_234_567_890_123_456_789)
    }

    @Test func reservingKeepsTheLength() throws {
        let file = try put(bytes("x"), "\(folder)/file")
        try file.reserve(1 << 20)
        #expect(try file.status().size == 1)
    }

    @Test func reservingMoreThanThereIsFailsBeforeAnythingIsWritten() throws {
        let file = try put([], "\(folder)/file")
        let (free, _) = try Files.space(folder)
        let fault = fault { try file.reserve(max(free.bytes, 1 << 40) * 4) }
        #expect(fault?.code == .outOfSpace)
        #expect(try file.status().size == 0)
    }
}
