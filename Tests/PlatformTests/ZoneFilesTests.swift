import Model
import Platform
import Testing

@Suite struct ZoneFilesTests {
    @Test func listsTheZonesOfTheSystem() {
        let names = ZoneFiles.names
        #expect(names.count > 400 && names == names.sorted())
        for name in ["Europe/Berlin", "America/Argentina/Ushuaia", "UTC", "Asia/Kathmandu"] {
            #expect(names.contains(name) && ZoneFiles.exists(name))
        }
        // Tables, and zones under other rules for leap seconds, are none.
        for name in ["zone.tab", "tzdata.zi", "leapseconds", "posixrules", "localtime"] {
            #expect(!names.contains(name))
        }
        #expect(!names.contains { $0.hasPrefix("right/") || $0.hasPrefix("posix/") })
    }

    @Test func readsAZone() throws {
        #expect(try ZoneFiles.read("Europe/Berlin").starts(with: "TZif".utf8))
        for name in ZoneFiles.names { #expect(throws: Never.self) { try ZoneFiles.read(name) } }
    }

    @Test(arguments: [
        "", "/", ".", "..", "/etc/passwd", "../zoneinfo/UTC", "Europe/../UTC", "Europe//Berlin", "./UTC", "Europe",
        "Europe/", "/usr/share/zoneinfo/UTC", "zone.tab", "UTC\0", "Mars/Base",
    ])
    func readsNothingElse(name: String) {
        let fault = #expect(throws: Fault.self) { try ZoneFiles.read(name) }
        #expect(fault?.code == .badSchedule && fault?.message == "unknown time zone \"\(name)\"")
        #expect(!ZoneFiles.exists(name))
    }

    @Test(arguments: [
        ("Europe/Berln", "Europe/Berlin"), ("europe/berlin", "Europe/Berlin"), ("berlin", "Europe/Berlin"),
        ("Amerika/New_York", "America/New_York"), ("Asia/Katmandhu", "Asia/Katmandu"),
    ])
    func namesTheZoneThatWasMeant(typed: String, meant: String) {
        let fault = #expect(throws: Fault.self) { try ZoneFiles.read(typed) }
        #expect(fault?.hint == "did you mean \(meant)?")
    }

    @Test func knowsTheSystemsZone() throws {
        let zone = try ZoneFiles.local()
        #expect(zone.tzif.starts(with: "TZif".utf8))
        #expect(zone.name == LocalZone.name || zone.name == "localtime")
    }
}
