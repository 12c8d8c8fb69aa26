import Foundation
import Model
import Platform
import Policies
import Settings
import Testing

@Suite struct SettingsTests {
    /// Writes `main` and the additions into a folder, checks them, and removes the folder.
    private func check(_ main: String, _ additions: [String: String] = [:]) throws -> SettingsVerdict {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hf-settings-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder.appending(path: "conf.d"), withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try main.write(to: folder.appending(path: "holdfast.toml"), atomically: false, encoding: .utf8)
        for (name, text) in additions {
            try text.write(to: folder.appending(path: "conf.d/\(name)"), atomically: false, encoding: .utf8)
        }
        return SettingsFiles.check(folder.appending(path: "holdfast.toml").path)
    }

    @Test func anEmptyFileMeansTheDocumentedDefaults() throws {
        let settings = try #require(try check("").settings)
        #expect(settings.socket == "/run/holdfast/holdfast.sock")
        #expect(settings.repository.path == "/var/lib/holdfast/repository")
        #expect(settings.repository.key == .file("/etc/holdfast/repository.key"))
        #expect(settings.repository.compression == .fast)
        #expect(settings.backup.onDemandCooldown == .seconds(600))
        #expect(settings.backup.parallel == 2)
        #expect(settings.backup.load == LoadPlan())
        #expect(settings.retention.keepDays == 30 && settings.retention.maxKeepDays == 30)
        #expect(settings.retention.deletedDays == 7)
        #expect(settings.messages == MessageSettings(keep: .seconds(90 * 86_400), keepCount: 1_000_000))
        #expect(settings.full == "*-*-* 23:00" && settings.drillAt == "Sun 03:30")
        #expect(settings.progressive == .seconds(300))
        #expect(settings.servers.isEmpty && settings.restoreRoots.isEmpty && settings.timeZone == nil)
        #expect(settings.listing.allSatisfy { $0.source == "default" })
    }

    @Test(arguments: [
        ("host=/run/pg user=a", "user=b host=/run/pg/ dbname=x", true),
        ("host=/run/pg", "host=/run/pg port=5432", true),
        ("user=a", "user=b", true), ("host=/run/pg", "host=/run/pg port=5433", false),
        ("host=/run/pg", "host=/run/other", false), ("service=a", "service=b", false),
        ("host=/run/\u{301}pg/", "user=b host=/run/\u{301}pg", true), ("host=/run/pg\u{2003}x", "host=/run/pg", false),
    ])
    func oneClusterIsOneServer(first: String, second: String, isSame: Bool) throws {
        let servers = [("a", first), ("b", second)].map { name, connection in
            "[servers.\(name)]\nengine = \"postgres\"\nconnection = \"\(connection)\"\n"
        }
        let problems = try check(servers.joined()).problems
        #expect(problems.map(\.key) == (isSame ? ["servers.b.connection"] : []), "\(problems)")
        #expect(problems.allSatisfy { $0.message.contains("the same cluster as that of server a") && $0.hint != nil })
    }

    @Test func theExampleOfTheManualLoads() throws {
        let text = """
            time_zone = "Europe/Berlin"
            socket = "/run/holdfast/holdfast.sock"
            restore_roots = ["/srv/restore/"]
            [repository]
            path = "/var/lib/holdfast/repository"
            credential = "repository-key"
            compression = "small"
            [backup]
            read_limit = "50M"
            [full]
            at = "off"
            [progressive]
            every = "99m"
            [servers.crm]
            engine = "sqlite"
            folders = ["/srv/crm"]
            exclude = ["*.tmp"]
            full_at = "*-*-* 03:30"
            progressive_every = "1s"
            """
        let settings = try #require(try check(text).settings)
        #expect(settings.repository.key == .credential("repository-key"))
        #expect(settings.backup.load.day.read == ByteCount(50 << 20))
        #expect(settings.restoreRoots == ["/srv/restore"])
        #expect(settings.full == nil)
        #expect(settings.progressive == .seconds(5940))
        let server = try #require(settings.server("crm"))
        #expect(server.folders == ["/srv/crm"] && server.exclude == ["*.tmp"] && server.include.isEmpty)
        #expect(server.full == "*-*-* 03:30")
        #expect(server.progressive == .seconds(1))
    }

    @Test func limitsAreLowerByDayAndEachServersOwnComesFirst() throws {
        let text = """
            [backup]
            read_limit = "50M"
            cpu_limit = "150%"
            night = "22:00-06:30"
            [servers.crm]
            folders = ["/srv/crm"]
            cpu_limit = "25%"
            night_read_limit = "100M"
            [servers.other]
            folders = ["/srv/other"]
            read_limit = "0"
            """
        let settings = try #require(try check(text).settings)
        let hours = try #require(NightSpan("22:00-06:30"))
        let common = LoadPlan(day: LoadLimits(read: ByteCount(50 << 20), processor: 150), hours: hours)
        #expect(settings.backup.load == common)
        #expect(
            settings.server("crm")?.load
                == LoadPlan(
                    day: LoadLimits(read: ByteCount(50 << 20), processor: 25),
                    night: LoadLimits(read: ByteCount(100 << 20)), hours: hours))
        #expect(settings.server("other")?.load == LoadPlan(day: LoadLimits(processor: 150), hours: hours))
        let shown = settings.listing.first { $0.key == "servers.crm.cpu_limit" }
        #expect(shown?.value == "\"25%\"" && shown?.source.hasSuffix("holdfast.toml:7") == true)
        #expect(settings.listing.first { $0.key == "backup.night" }?.value == "\"22:00-06:30\"")
    }

    @Test func aClusterKeepsMostOfTheMachineUnlessSomethingElseIsSaid() throws {
        let server = "[servers.main]\nengine = \"postgres\"\nconnection = \"host=/run/postgresql\"\n"
        let settings = try #require(try check(server).settings)
        let limit = 12 * max(2, Threads.cores)
        #expect(settings.server("main")?.load.day == LoadLimits(processor: limit))
        let shown = settings.listing.first { $0.key == "servers.main.cpu_limit" }
        #expect(shown?.value == "\"\(limit)%\"" && shown?.source == "default")
        let unlimited = try check("[backup]\ncpu_limit = \"0%\"\n" + server).settings
        #expect(unlimited?.server("main")?.load == LoadPlan())
        #expect(try check(server + "cpu_limit = \"10%\"").settings?.server("main")?.load.day.processor == 10)
    }

    @Test func aClusterIsConnectedToAndBackedUpHourlyByDefault() throws {
        let server = "[servers.main]\nengine = \"postgres\"\nconnection = \"host=/run/postgresql user=holdfast\"\n"
        let main = try #require(try check(server).settings?.server("main"))
        #expect(main.connection == "host=/run/postgresql user=holdfast" && main.folders.isEmpty)
        #expect(main.progressive == .seconds(3600))
        #expect(try check(server + "progressive_every = \"5m\"").settings?.server("main")?.progressive == .seconds(300))
        #expect(try check("[progressive]\nevery = \"off\"\n" + server).settings?.server("main")?.progressive == nil)
    }

    @Test(arguments: [
        ("engine = \"postgres\"", "servers.main.connection", "is missing"),
        (
            "engine = \"postgres\"\nconnection = \"\"\nfolders = [\"/srv\"]", "servers.main.folders",
            "not for a postgres"
        ),
        ("folders = [\"/srv\"]\nconnection = \"host=x\"", "servers.main.connection", "connected to"),
        (
            "engine = \"postgres\"\nconnection = \"host=x\"\nunits = [\"a.service\"]", "servers.main.units",
            "not for a postgres"
        ),
        (
            "folders = [\"/srv\"]\nupdate_command = [\"apt-get\", \"upgrade\"]", "servers.main.update_command",
            "absolute path"
        ),
    ])
    func settingsOfAnotherEngineAreRefused(lines: String, key: String, message: String) throws {
        let problems = try check("[servers.main]\n\(lines)\n").problems
        #expect(problems.contains { $0.key == key && $0.message.contains(message) }, "\(problems)")
    }

    @Test(arguments: [
        ("[progressiv]\nevery = \"5m\"", "unknown table [progressiv]", "did you mean [progressive]?"),
        ("[backup]\nparalel = 3", "unknown setting backup.paralel", "did you mean backup.parallel?"),
        ("sockt = \"/x\"", "unknown setting sockt", "did you mean socket?"),
        (
            "[servers.crm]\nfolder = [\"/srv\"]", "unknown setting servers.crm.folder",
            "did you mean servers.crm.folders?"
        ),
    ])
    func anUnknownSettingNamesTheNearestKnownOne(text: String, message: String, hint: String) throws {
        let problems = try check(text).problems
        let problem = try #require(problems.first { $0.message == message })
        #expect(problem.hint == hint)
        #expect(problem.line != nil)
    }

    @Test(arguments: [
        "[backup]\nparallel = 0", "[backup]\nparallel = \"2\"", "[backup]\nparallel = 2.5",
        "[backup]\non_demand_cooldown = 10", "[backup]\non_demand_cooldown = \"10\"",
        "[backup]\non_demand_cooldown = \"off\"", "[backup]\nread_limit = \"fast\"",
        "[backup]\ncpu_limit = \"half\"", "[backup]\ncpu_limit = 50", "[backup]\nnight_cpu_limit = \"100000%\"",
        "[backup]\nnight = \"22:00\"", "[backup]\nnight = \"06:00-06:00\"",
        "[progressive]\nevery = \"0s\"",
        "[progressive]\nevery = \"100m\"", "[full]\nat = \"25:00\"", "[full]\nat = \"Sun 02:60\"",
        "[drill]\nat = \"*-02-30\"",
        "[repository]\ncompression = \"zstd\"", "[repository]\npath = \"repository\"", "socket = \"~/sock\"",
        "[repository]\nkey_file = \"/a/../b\"",
        "[repository]\nkey_file = \"/a/../\u{301}b\"", "[retention]\nkeep_days = 31", "[retention]\ndeleted_days = 16",
        "[messages]\nkeep_days = 0", "[messages]\nkeep_days = 3651", "[messages]\nkeep_count = 999",
        "time_zone = \"Mars/Olympus\"", "restore_roots = \"/srv\"", "restore_roots = [1]",
        "[repository]\nkey_file = \"/a\"\ncredential = \"b\"", "[servers.crm]\nengine = \"postgres\"",
        "[servers.crm]", "[servers.\"a/b\"]\nfolders = [\"/srv\"]", "servers = 3", "this is not toml", "[a\n",
        "[repository]\npath = \"/srv/backup\"\n[servers.all]\nfolders = [\"/srv\"]",
    ])
    func aWrongSettingIsRefusedWithItsPlace(text: String) throws {
        let verdict = try check(text)
        #expect(verdict.settings == nil)
        let problem = try #require(verdict.problems.first)
        #expect(problem.description.contains("holdfast.toml"))
    }

    @Test func allProblemsAreReportedAtOnce() throws {
        let verdict = try check(
            "[backup]\nparallel = 0\nparalel = 1\n", ["10-more.toml": "[full]\nat = \"never\"\n", "ignored.txt": "x"])
        #expect(verdict.problems.count == 3)
        #expect(verdict.problems.map(\.line) == [2, 3, 2])
        let fault = Fault(verdict.problems)
        #expect(fault.code == .badSettings && fault.code.exitStatus == 78)
        #expect(fault.message.contains("10-more.toml:2"))
    }

    @Test func laterFilesWinAndTheListingNamesTheSource() throws {
        let verdict = try check(
            "[backup]\nparallel = 3\n", ["20-b.toml": "[backup]\nparallel = 5\n", "10-a.toml": "backup.parallel = 4\n"])
        let settings = try #require(verdict.settings)
        #expect(settings.backup.parallel == 5)
        let entry = try #require(settings.listing.first { $0.key == "backup.parallel" })
        #expect(entry.value == "5" && entry.source.hasSuffix("conf.d/20-b.toml:2"))
    }

    @Test func anyNameOfAFileCounts() throws {
        // U+0600 makes one character of itself and the dot.
        let settings = try #require(try check("", ["x\u{600}.toml": "[backup]\nparallel = 7\n"]).settings)
        #expect(settings.backup.parallel == 7)
    }

    @Test func aMissingFileIsAFaultWithAHint() {
        #expect(throws: Fault.self) { try SettingsFiles.load("/nonexistent/holdfast.toml") }
    }

    @Test func aRaisedLimitAllowsLongerKeeping() throws {
        let settings = try #require(try check("[retention]\nmax_keep_days = 400\nkeep_days = 365\n").settings)
        #expect(settings.retention.keepDays == 365)
    }

    @Test func theReferenceFileIsCurrentAndMeansTheDefaults() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../etc/holdfast.toml")
        if ProcessInfo.processInfo.environment["RECORD_GOLDENS"] != nil {
            try SettingsReference.text.write(to: path, atomically: true, encoding: .utf8)
            Issue.record("goldens recorded; run again without RECORD_GOLDENS")
        }
        #expect(try String(contentsOf: path, encoding: .utf8) == SettingsReference.text)
        #expect(try check(SettingsReference.text).settings == SettingsFiles.defaults)
        let uncommented = SettingsReference.text.split(separator: "\n").map { line in
            line.hasPrefix("#") && !line.hasPrefix("# ") && !line.contains("credential") ? String(line.dropFirst()) : ""
        }
        let verdict = try check(
            SettingsReference.text.split(separator: "\n").enumerated().map { index, line in
                line.hasPrefix("[") ? String(line) : uncommented[index]
            }.joined(separator: "\n"))
        #expect(verdict.problems == [])
        #expect(verdict.settings?.servers.map(\.name) == ["crm", "main"])
    }
}
