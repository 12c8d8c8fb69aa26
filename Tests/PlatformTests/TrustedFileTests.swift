import Glibc
import Model
import Platform
import Testing

/// Folders below the home folder, because the way to `/tmp` is open to everybody.
@Suite struct TrustedFileTests {
    private final class Home {
        let path: String

        init() throws {
            let home = getenv("HOME").map { String(cString: $0) } ?? "/root"
            path = "\(Files.realPath(home) ?? home)/.holdfast-trusted-\(Identifier.random())"
            try Files.makeDirectory(path, mode: 0o700)
            try Files.makeDirectory("\(path)/bin", mode: 0o755)
            try put([1], "\(path)/bin/tool", mode: 0o755)
        }

        deinit { try? Files.removeTree(path) }

        var folder: String { "\(path)/bin" }
        var tool: String { "\(path)/bin/tool" }

        func check(isProgram: Bool = true) throws -> String {
            try TrustedFile.check(tool, owner: getuid(), isProgram: isProgram)
        }

        func refusal() -> Fault? { fault { _ = try check() } }
    }

    @Test func acceptsWhatOnlyItsOwnerCanChange() throws {
        let home = try Home()
        #expect(try home.check() == home.tool)
        #expect(try TrustedFile.check("/usr/bin/env", isProgram: true) == "/usr/bin/env")
        // The folders above may be links: what they name is checked and used.
        #expect(try TrustedFile.check("/proc/self/root\(home.tool)", owner: getuid()) == home.tool)
    }

    @Test(arguments: [0o775, 0o757, 0o777] as [UInt32]) func refusesAFileThatOthersCanChange(_ mode: UInt32) throws {
        let home = try Home()
        try Files.setMode(home.tool, mode)
        let refused = try #require(home.refusal())
        #expect(refused.code == .commandRefused && refused.code.exitStatus == 13)
        #expect(refused.message.contains(home.tool))
        #expect(refused.hint?.contains("chmod go-w \(home.tool)") == true)
    }

    @Test(arguments: [0o775, 0o757, 0o1777] as [UInt32]) func refusesAFileBelowAFolderThatOthersCanChange(
        _ mode: UInt32
    ) throws {
        let home = try Home()
        try Files.setMode(home.folder, mode)
        let refused = try #require(home.refusal())
        #expect(refused.code == .commandRefused)
        // A folder that is everybody's stays so: others need it.
        #expect(refused.hint?.contains("chmod go-w \(home.folder)`") == (mode == 0o775))
        #expect(refused.hint?.contains("folder that only root can change") == true)
        try Files.setMode(home.folder, 0o755)
        try Files.setMode(home.path, mode)
        #expect(home.refusal()?.message.hasPrefix("\(home.path) ") == true)
    }

    @Test(.enabled(if: getuid() == 0, "only root gives files away"))
    func refusesWhatBelongsToSomebodyElse() throws {
        let home = try Home()
        try Files.setOwner(home.tool, uid: 65534)
        let refused = try #require(home.refusal())
        #expect(refused.code == .commandRefused)
        #expect(refused.message.contains("belongs to nobody"))
        #expect(refused.hint?.contains("chown root:root \(home.tool)") == true)
        try Files.setOwner(home.tool, uid: 0)
        try Files.setOwner(home.folder, uid: 65534)
        #expect(home.refusal()?.message.contains("\(home.folder) belongs to nobody") == true)
    }

    @Test func refusesALinkAFolderAndWhatIsNotThere() throws {
        let home = try Home()
        #expect(symlink(home.tool, "\(home.folder)/link") == 0)
        let link = try #require(fault { _ = try TrustedFile.check("\(home.folder)/link", owner: getuid()) })
        #expect(link.code == .commandRefused)
        #expect(link.hint == "name the file itself: \(home.tool)")
        #expect(fault { _ = try TrustedFile.check(home.folder, owner: getuid()) }?.code == .commandRefused)
        #expect(fault { _ = try TrustedFile.check("\(home.folder)/none", owner: getuid()) }?.code == .notFound)
        #expect(fault { _ = try TrustedFile.check("\(home.path)/none/tool", owner: getuid()) }?.code == .notFound)
        #expect(fault { _ = try TrustedFile.check("bin/tool", owner: getuid()) }?.code == .commandRefused)
    }

    /// To Swift, a slash and the mark behind it are one character.
    @Test func aNameThatBeginsWithACombiningMarkHidesNoFolder() throws {
        let home = try Home()
        let marked = "\(home.folder)/\u{301}tool"
        #expect(Files.parent(of: marked) == home.folder && Files.name(of: marked) == "\u{301}tool")
        try Files.rename(home.tool, to: marked, replacing: false)
        #expect(try TrustedFile.check(marked, owner: getuid(), isProgram: true) == marked)
        try Files.setMode(home.folder, 0o777)
        #expect(fault { _ = try TrustedFile.check(marked, owner: getuid()) }?.code == .commandRefused)
    }

    @Test func aProgramMustBeExecutableOtherFilesNeedNot() throws {
        let home = try Home()
        try Files.setMode(home.tool, 0o644)
        #expect(home.refusal()?.hint == "run `chmod a+x \(home.tool)`")
        #expect(try home.check(isProgram: false) == home.tool)
    }
}
