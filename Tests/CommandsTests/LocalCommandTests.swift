import Foundation
import Model
import Platform
import Settings
import Synchronization
import Testing
import Wire
import WireTestSupport

@Suite struct LocalCommandTests {
    private let local = ["--repository", "/r", "--key-file", "/k"]

    @Test func aRepositoryIsReadWithoutADaemon() async throws {
        let fixture = CommandFixture()
        #expect(await fixture.run(["backups"] + local) == 0)
        #expect(fixture.output.contains("000102030405-42"))
        #expect(await fixture.run(["repository", "space"] + local) == 0)
        #expect(await fixture.run(["repository", "check"] + local) == 0)
        #expect(await fixture.run(["verify"] + local) == 0)
        #expect(fixture.output == "checked 1 backup, 10 B, at level pages: no damage found\n")
        #expect(await fixture.run(["verify", "--level", "restore"] + local) == 17)
        #expect(fixture.output.contains("cannot read pack 1 [pack-damaged]; affects 000102030405-42"))
        #expect(await fixture.run(["drill", "--all"] + local) == 0)
        #expect(fixture.repositories.noted.contains("drill [] all=true"))
        #expect(Set(fixture.repositories.noted.filter { !$0.hasPrefix("drill") }) == ["open /r key /k"])
    }

    @Test func aMissingRepositoryExitsWithTen() async {
        #expect(await CommandFixture().run(["backups", "--repository", "/missing", "--key-file", "/k"]) == 10)
    }

    @Test func withoutAKeyFileThePassphraseIsAskedFor() async {
        let typed = CommandFixture(typed: ["correct horse"])
        #expect(await typed.run("backups", "--repository", "/r") == 0)
        #expect(typed.repositories.noted == ["open /r passphrase correct horse"])
        let words = CommandFixture(typed: [Array(repeating: "babab", count: 17).joined(separator: "-")])
        #expect(await words.run("backups", "--repository", "/r") == 0)
        #expect(words.repositories.noted == ["open /r recovery"])
        #expect(await CommandFixture().run("backups", "--repository", "/r") == 2)
    }

    @Test func restoreTakesTimesAsPeopleTypeThem() async throws {
        let fixture = CommandFixture()
        let now = WallClock.now()
        let postgres = ["2026-11-22 10:00:34.181701+00", "2026-11-22 10:00:34.5"]
        for text in ["2h ago", "2026-11-22T10:00:00+01:00", "yesterday 18:00", "2026-11-22 10:00"] + postgres {
            #expect(await fixture.run(["restore", "app.db", "--to", "/x", "--at", text] + local) == 0)
        }
        let times = fixture.repositories.restores.withLock { $0.compactMap(\.at) }
        #expect(times.count == 6)
        #expect(times[4] == Instant(rfc3339: "2026-11-22T10:00:34.181701Z"))
        #expect(times[5] == times[3] + .milliseconds(34_500))
        #expect(abs((now - times[0]).inSeconds - 7200) < 60)
        #expect(times[1] == Instant(rfc3339: "2026-11-22T09:00:00Z"))
        #expect((0...(48 * 3600)).contains((now - times[2]).inSeconds))
        let offset = LocalZone.offsetSeconds(at: times[3])
        #expect(times[3].rfc3339(offsetSeconds: offset).hasPrefix("2026-11-22T10:00:00"))
        for text in ["tomorrow", "2026-13-01", "25:00", "2 moons ago", ""] {
            #expect(await fixture.run(["restore", "app.db", "--to", "/x", "--at", text] + local) == 2)
        }
        #expect(await fixture.run(["restore", "app.db", "--to", "/x", "--at", "2126-11-22 10:00"] + local) == 2)
        #expect(fixture.errors.contains("the time `2126-11-22 10:00` is in the future"), "\(fixture.errors)")
    }

    @Test func pathsAreBytesAlsoWhereALetterSwallowsTheirSlash() async {
        let fixture = CommandFixture()
        #expect(await fixture.run(["restore", "app.db", "--to", "/\u{301}x"] + local) == 0)
        let targets = fixture.repositories.restores.withLock { $0.compactMap(\.to) }
        #expect(targets.map { Array($0.utf8) } == [Array("/\u{301}x".utf8)])
        #expect(await fixture.run(["restore", "app.db", "--in-place", "--yes"] + local) == 0)
        #expect(fixture.output.contains("the replaced files are kept in "), "\(fixture.output)")
    }

    @Test func initTakesBothPathsAndMakesTheFirstKey() async {
        let fixture = CommandFixture()
        #expect(await fixture.run(["repository", "init"] + local) == 0)
        #expect(fixture.repositories.noted == ["create /r /k"])
        #expect(fixture.errors.contains("keep a copy of the key elsewhere"))
    }

    @Test func aKeyFileIsMadeBeforeThereIsARepository() async {
        let fixture = CommandFixture()
        #expect(await fixture.run("repository", "keys", "make-file", "/new") == 0)
        #expect(fixture.output == "made key file /new\n")
        #expect(await fixture.run("repository", "keys", "make-file", "/k", "--json") == 0)
        #expect(fixture.output.contains("\"made\":false") && fixture.output.contains("\"path\":"), "\(fixture.output)")
        #expect(fixture.repositories.noted == ["make /new", "make /k"])
    }

    @Test func keysAreAddedAndRemoved() async {
        let fixture = CommandFixture(typed: ["new passphrase", "new passphrase", "one phrase", "another phrase"])
        #expect(await fixture.run(["repository", "keys", "add", "--passphrase"] + local) == 0)
        #expect(fixture.repositories.noted.last == "add passphrase new passphrase")
        #expect(await fixture.run(["repository", "keys", "add", "--passphrase"] + local) == 2)
        #expect(await fixture.run(["repository", "keys", "add", "--recovery"] + local) == 0)
        #expect(fixture.output.contains("babab dadad"))
        #expect(await fixture.run(["repository", "keys", "remove", "2", "--dry-run"] + local) == 0)
        #expect(await fixture.run(["repository", "keys", "remove", "9", "--dry-run"] + local) == 16)
        #expect(!fixture.repositories.noted.contains("remove 2"))
        #expect(await fixture.run(["repository", "keys", "remove", "2", "--yes"] + local) == 0)
        #expect(fixture.repositories.noted.contains("remove 2"))
    }

    @Test func progressIsDrawnOnATerminalOnly() async {
        let person = CommandFixture(typed: [])
        #expect(await person.run(["restore", "app.db", "--to", "/x"] + local) == 0)
        #expect(person.errors.contains("app.db  writing  [##########..........]  50%  1 B of 2 B"))
        #expect(person.errors.hasSuffix("\r\u{1b}[K"))
        #expect(await person.run(["restore", "app.db", "--to", "/x", "--quiet"] + local) == 0)
        #expect(person.errors.isEmpty)
        let script = CommandFixture()
        #expect(await script.run(["restore", "app.db", "--to", "/x"] + local) == 0)
        #expect(script.errors.isEmpty)
    }

    @Test func configCheckTellsEveryProblemAndExitsWith78() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hf-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "holdfast.toml").path
        try "[backup]\nparalel = 1\nread_limit = \"x\"\n".write(toFile: file, atomically: false, encoding: .utf8)
        let fixture = CommandFixture()
        #expect(await fixture.run("config", "check", file) == 78)
        #expect(
            fixture.output.contains("\(file):2: unknown setting backup.paralel\n  hint: did you mean backup.parallel?"))
        #expect(await fixture.run("doctor", "--config", file, "--socket", "/nonexistent/sock") == 1)
        #expect(fixture.output.contains("problem: daemon: no daemon listens"))
        try "[backup]\nparallel = 1\n".write(toFile: file, atomically: false, encoding: .utf8)
        #expect(await fixture.run("config", "check", file) == 0)
        #expect(await fixture.run("config", "show", "--config", file) == 0)
        #expect(fixture.output.contains("backup.parallel") && fixture.output.contains("\(file):2"))
        #expect(!fixture.output.contains("default"))
        let server = "[servers.main]\nengine = \"postgres\"\nconnection = \"usr=holdfast\"\n"
        try server.write(toFile: file, atomically: false, encoding: .utf8)
        #expect(await fixture.run("config", "check", file) == 0)
        let knowing = CommandFixture {
            Fault(.badSettings, "unsuitable: \($0.connection ?? "")", hint: "write another")
        }
        #expect(await knowing.run("config", "check", file) == 78)
        #expect(knowing.output == "\(file):3: unsuitable: usr=holdfast\n  hint: write another\n", "\(knowing.output)")
    }
}
