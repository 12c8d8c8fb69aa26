import Foundation
import Glibc
import Model
import Testing
import Wire

/// The system's zone changes under a daemon that has none of its own. Nearly all of it is waiting: it takes no slot.
@Suite struct ZoneTests {
    @Test(.enabled(if: PrivateZone.isPossible, "needs root and mount namespaces"))
    func schedulesFollowTheSystemsZone() async throws {
        let daemon = try PrivateDaemon()
        try await daemon.makeRepository()
        let zone = try await PrivateZone("Etc/UTC", in: daemon.folder)
        try await daemon.start(under: zone.words)
        try await daemon.succeed("schedules", "add", "noon", "--say", "noon", "--when", "12:00")
        func hour() async throws -> Int64? {
            try await daemon.read(ScheduleStatus.self, "schedules", "show", "noon").next.map { $0.seconds / 3600 % 24 }
        }
        #expect(try await hour() == 12)
        // All year nine hours ahead of UTC.
        try zone.change(to: "Asia/Tokyo")
        let told = try await eventually(within: .seconds(150), "the new zone") {
            try await daemon.messages().first { $0.code == .zoneChanged }
        }
        #expect(told.severity == .info && told.text.contains("Asia/Tokyo"))
        try await until("the next noon of the new zone") { try await hour() == 3 }
        #expect(try await daemon.messages().filter { $0.code == .zoneChanged }.count == 1)
    }
}

/// The system's settings as one program sees them alone, with a zone that can be changed.
struct PrivateZone {
    static var isPossible: Bool { getuid() == 0 && Programs.ofSystem("unshare") != nil }

    private let folder: String

    init(_ name: String, in folder: PrivateFolder) async throws {
        self.folder = folder.fresh("etc")
        let output = try await folder.run("/bin/cp", ["-a", "/etc", self.folder])
        guard output.status == 0 else { throw Unexpected("\(output)") }
        try change(to: name)
    }

    func change(to name: String) throws {
        guard symlink("/usr/share/zoneinfo/\(name)", "\(folder)/new") == 0,
            rename("\(folder)/new", "\(folder)/localtime") == 0
        else { throw Unexpected("cannot change the zone") }
    }

    /// Starts a program that sees it.
    var words: [String] {
        [
            "/usr/bin/env", "-u", "TZ", Programs.ofSystem("unshare") ?? "unshare", "--mount", "--propagation",
            "private", "/bin/sh", "-c", "mount --bind '\(folder)' /etc && exec \"$@\"", "sh",
        ]
    }
}
