import Foundation
import Model
import Settings
import Testing

@Suite struct SettingsPageTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")

    @Test func thePageIsCurrent() throws {
        let file = Self.root.appending(path: "Sources/Settings/Settings.docc/SettingsReference.md")
        if ProcessInfo.processInfo.environment["RECORD_GOLDENS"] != nil {
            try SettingsReference.page.write(to: file, atomically: true, encoding: .utf8)
            Issue.record("goldens recorded; run again without RECORD_GOLDENS")
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == SettingsReference.page)
    }

    /// The page says of each setting whether a reload takes it in; this is what a reload does.
    @Test(arguments: [
        ("socket = \"/run/other.sock\"", "socket"), ("state_directory = \"/srv/state\"", "state_directory"),
        ("log_directory = \"/srv/log\"", "log_directory"), ("time_zone = \"UTC\"", "time_zone"),
    ])
    func aReloadRefusesWhatCountsFromAStartOnly(line: String, key: String) throws {
        let (old, new) = (try settings(""), try settings(line))
        let fault = try #require(new.reloadFault(after: old))
        #expect(fault.code == .badSettings && fault.message == "\(key) can't be changed while the daemon runs")
        #expect(fault.hint?.isEmpty == false)
        #expect(try #require(old.reloadFault(after: new)).message == fault.message, "back again is a change, too")
        #expect(new.reloadFault(after: new) == nil)
    }

    @Test func aReloadTakesInEverythingElse() throws {
        let changed = """
            restore_roots = ["/srv/restored"]
            socket = "/run/holdfast/holdfast.sock"
            [repository]
            path = "/mnt/repository"
            compression = "small"
            [backup]
            parallel = 4
            [servers.crm]
            folders = ["/srv/crm"]
            """
        #expect(try settings(changed).reloadFault(after: settings("")) == nil)
    }

    private func settings(_ text: String) throws -> DaemonSettings {
        let folder = FileManager.default.temporaryDirectory.appending(path: "holdfast-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "holdfast.toml")
        try text.write(to: file, atomically: true, encoding: .utf8)
        return try SettingsFiles.load(file.path)
    }
}
