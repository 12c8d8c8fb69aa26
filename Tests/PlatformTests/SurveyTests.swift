import Foundation
import Glibc
import Model
import Platform
import Testing

/// What is looked at of a machine before there is a daemon.
@Suite struct SurveyTests {
    @Test func readsTheTableOfMounts() {
        let mounts = Mounts.parse(
            """
            overlay / overlay rw,relatime 0 0
            proc /proc proc rw,nosuid 0 0
            /dev/sdb1 /mnt/my\\040disk ext4 ro,noatime 0 0
            server:/x /net nfs4 rw 0 0
            short line
            """)
        #expect(mounts.map(\.path) == ["/", "/proc", "/mnt/my disk", "/net"])
        #expect(mounts.map(\.isLocalDisk) == [false, false, true, false])
        #expect(mounts.map(\.isSearchable) == [true, false, true, false])
        #expect(mounts.map(\.isReadOnly) == [false, false, true, false])
    }

    @Test func tellsAUnitsOwnFolderFromTheMachines() throws {
        let table = FileManager.default.temporaryDirectory.appending(path: "hf-\(UUID().uuidString)").path
        let text = """
            21 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
            40 21 254:0 /tmp/systemd-private-0a1b-holdfastd.service-Xy/tmp /tmp rw,relatime - ext4 /dev/vda rw
            41 21 254:0 /var/tmp/systemd-private-0a1b-holdfastd.service-Zz/tmp /var/tmp rw - ext4 /dev/vda rw
            42 40 254:16 / /tmp/disk rw - ext4 /dev/vdb rw
            43 21 254:0 /tmp/systemd-private-0a1b-a.service-Q/\u{600} /run/\u{600} rw - ext4 /dev/vda rw
            """
        try Files.writeDurably(Array(text.utf8), to: table, mode: 0o600)
        defer { try? Files.remove(table) }
        let found = try ["/tmp", "/tmp/a/b", "/var/tmp", "/tmp/disk/a", "/tmpfile", "/", "/srv", "/run/\u{600}"].map {
            try Mounts.isPrivate($0, table)
        }
        #expect(found == [true, true, true, false, false, false, false, true])
        #expect(try !Mounts.isPrivate("/tmp"))
    }

    @Test func tellsTheAgeOfACertificate() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hf-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (days, kind) in [(30, "rsa:2048"), (20_000, "ec")] {
            let made = Process()
            made.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
            let curve = kind == "ec" ? ["-pkeyopt", "ec_paramgen_curve:prime256v1"] : []
            made.arguments =
                [
                    "req", "-x509", "-newkey", kind, "-nodes", "-days", "\(days)", "-subj", "/CN=a/O=b", "-keyout",
                    "\(folder)/key", "-out", "\(folder)/certificate",
                ] + curve
            made.standardError = FileHandle.nullDevice
            try made.run()
            made.waitUntilExit()
            try #require(made.terminationStatus == 0)
            let text = try String(contentsOfFile: "\(folder)/certificate", encoding: .utf8)
            let left = try #require(Certificate.expiry(pem: "noise\n" + text)) - WallClock.now()
            #expect(abs(left.inSeconds - Double(days) * 86_400) < 600)
        }
        #expect(Certificate.expiry(pem: "") == nil)
        let torn = "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUY\n-----END CERTIFICATE-----"
        #expect(Certificate.expiry(pem: torn) == nil)
    }

    @Test(.enabled(if: geteuid() == 0)) func givesATreeAwayAndFollowsNoLink() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hf-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: "\(folder)/tree/inner", withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: "\(folder)/outside", withIntermediateDirectories: true)
        for name in ["tree/inner/file", "outside/file"] { try Data().write(to: URL(filePath: "\(folder)/\(name)")) }
        #expect(symlink("\(folder)/outside", "\(folder)/tree/link") == 0)
        #expect(symlink("\(folder)/outside/file", "\(folder)/tree/inner/link") == 0)
        try Files.giveTree("\(folder)/tree", uid: 12_345, gid: 54_321)
        for name in ["tree", "tree/inner", "tree/inner/file", "tree/link", "tree/inner/link"] {
            let status = try #require(try Files.status("\(folder)/\(name)", followLinks: false))
            #expect(status.uid == 12_345 && status.gid == 54_321, "\(name)")
        }
        for name in ["outside", "outside/file"] { #expect(try Files.status("\(folder)/\(name)")?.uid == 0) }
        #expect(throws: Fault.self) { try Files.giveTree("\(folder)/tree/link", uid: 0, gid: 0) }
    }

    @Test(.enabled(if: geteuid() == 0)) func aFileWithAnotherNameElsewhereIsNotGivenAway() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hf-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: "\(folder)/place/keys", withIntermediateDirectories: true)
        for name in ["other", "place/keys/own"] { try Data().write(to: URL(filePath: "\(folder)/\(name)")) }
        #expect(link("\(folder)/other", "\(folder)/place/keys/linked") == 0)
        #expect(mkfifo("\(folder)/place/keys/pipe", 0o600) == 0)
        #expect(chown("\(folder)/place", 12_345, 54_321) == 0)
        let place = try File.open("\(folder)/place", .readOnly)
        // Its name leads elsewhere by now.
        try Files.rename("\(folder)/place", to: "\(folder)/moved", replacing: false)
        try FileManager.default.createDirectory(atPath: "\(folder)/place/keys", withIntermediateDirectories: true)
        try Files.giveTree("keys", toOwnerOf: place)
        for name in ["", "/own", "/pipe"] {
            let status = try #require(try Files.status("\(folder)/moved/keys\(name)"))
            #expect(status.uid == 12_345 && status.gid == 54_321, "\(name)")
        }
        #expect(try Files.status("\(folder)/other")?.uid == 0)
        #expect(try Files.status("\(folder)/place/keys")?.uid == 0)
        try Files.remove("\(folder)/moved/keys/own")
        try Files.makeSymbolicLink("\(folder)/place/link", to: "\(folder)/place/keys")
        let other = try File.open("\(folder)/place", .readOnly)
        #expect(throws: Fault.self) { try Files.giveTree("link", toOwnerOf: other) }
    }

    @Test func knowsNumbersThatNobodyHas() throws {
        let number = try #require(Users.unusedID())
        #expect((61_184...65_519).contains(number) && Users.name(uid: number).isEmpty)
    }

    @Test func knowsAccounts() {
        #expect(Users.account(named: "root") == Users.Account(name: "root", uid: 0, gid: 0))
        #expect(Users.account(uid: 0)?.name == "root" && Users.account(named: "no such user") == nil)
    }
}
