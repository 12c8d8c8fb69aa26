import Commands
import Foundation
import Model
import Testing
import Wire
import WireTestSupport

/// What is said of the way without a daemon, where it has to be gone.
@Suite struct AloneTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "hf-\(UUID().uuidString)")
    private var key: String { folder.appending(path: "the key").path }

    /// The errors of a command while no daemon runs.
    private func errors(
        of command: [String], settings: String? = nil, unitFile: String? = nil, hasKey: Bool = true
    ) async throws -> String {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        if hasKey { try "key".write(toFile: key, atomically: true, encoding: .utf8) }
        let path = folder.appending(path: "holdfast.toml").path
        let text = settings ?? "key_file = \"\(key)\""
        try "socket = \"\(folder.path)/s\"\n[repository]\npath = \"/mnt/my backups\"\n\(text)\n"
            .write(toFile: path, atomically: true, encoding: .utf8)
        let fixture = CommandFixture(site: FakeUnit.site([:], nil, unitFile), settingsPath: path)
        #expect(await fixture.run(command) == 69)
        return fixture.errors
    }

    @Test func theKeyFileOfTheSettingsIsNamed() async throws {
        let hint = "as root it needs no daemon with `--repository '/mnt/my backups' --key-file '\(key)'`\n"
        for command in [["restore", "app.db", "--to", "/x"], ["restore", "app.db", "--to", "/x", "--at", "1h ago"]] {
            #expect(try await errors(of: command).hasSuffix(hint))
        }
        #expect(try await errors(of: ["backups"]).hasSuffix(hint))
        #expect(try await errors(of: ["repository", "space"]).hasSuffix(hint))
        let status = try await errors(of: ["status"])
        #expect(status.contains("start it with `systemctl start holdfastd`") && !status.contains("--repository"))
    }

    @Test func whereThereIsNoKeyFileTheWordsAreAskedFor() async throws {
        let told = try await errors(of: ["restore", "app.db", "--to", "/x"], hasKey: false)
        #expect(
            told.contains("with `--repository '/mnt/my backups'`, and asks for a passphrase or the words"), "\(told)")
        #expect(!told.contains("--key-file"))
    }

    @Test func aKeyThatLiesEncryptedIsNamedWithWhatOpensIt() async throws {
        let unit = "[Service]\nLoadCredentialEncrypted=repository-key:/etc/credstore.encrypted/my key\n"
        let told = try await errors(
            of: ["restore", "app.db", "--to", "/x"], settings: "credential = \"repository-key\"", unitFile: unit)
        #expect(
            told.contains("with `--repository '/mnt/my backups'`, and asks for a passphrase or the words"), "\(told)")
        #expect(
            told.contains(
                "`(umask 077; systemd-creds decrypt --name=repository-key '/etc/credstore.encrypted/my key' "
                    + "/run/holdfast.key)`"),
            "\(told)")
    }

    @Test func withoutSettingsTheOptionsAreNamed() async {
        let fixture = CommandFixture()
        #expect(await fixture.run("verify") == 69)
        #expect(fixture.errors.hasSuffix("with --repository PATH and --key-file PATH it needs no daemon\n"))
        #expect(await fixture.run("verify", "--socket", "/nonexistent/sock") == 69)
        #expect(!fixture.errors.contains("--repository"))
    }

    /// The daemon's refusal, and what root's command line makes of it.
    private func refused(unitFile: String) async throws -> (errors: String, noted: [String]) {
        let path = folder.appending(path: "holdfast.toml").path
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try "key".write(toFile: key, atomically: true, encoding: .utf8)
        try "[repository]\npath = \"/r\"\ncredential = \"repository-key\"\n"
            .write(toFile: path, atomically: true, encoding: .utf8)
        let fixture = CommandFixture(site: FakeUnit.site([:], nil, unitFile), settingsPath: path)
        try await withServer { socket, service in
            service.fail(with: Fault(.targetNotAllowed, "may not", hint: "as told", context: ["repository": "/r"]))
            _ = await fixture.run("restore", "app.db", "--to", "/x", "--socket", socket)
        }
        return (fixture.errors, fixture.repositories.noted)
    }

    @Test func rootRestoresByTheKeyThatTheUnitPassesOn() async throws {
        let (told, noted) = try await refused(unitFile: "[Service]\nLoadCredential=repository-key:\(key)\n")
        #expect(noted == ["open /r key \(key)"], "\(told)")
        let sealed = try await refused(unitFile: "[Service]\nLoadCredentialEncrypted=repository-key:/etc/sealed\n")
        #expect(sealed.noted.isEmpty)
        #expect(
            sealed.errors.contains(
                "hint: as told; the key lies encrypted: `(umask 077; systemd-creds decrypt --name=repository-key "
                    + "/etc/sealed /run/holdfast.key)` makes a file of it for --key-file, on this machine; remove that file"
            ), "\(sealed.errors)")
    }
}
