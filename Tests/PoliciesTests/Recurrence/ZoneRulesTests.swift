import Foundation
import Model
import Platform
import Policies
import Testing

@Suite struct ZoneRulesTests {
    private static let hasZdump = Program.path(of: "zdump") != nil

    @Test(.enabled(if: hasZdump, "needs zdump of libc-bin")) func agreesWithGlibcOnEveryChangeOfEveryZone() throws {
        let zones = try SystemZones.glibc.get()
        let count = try agreement(
            of: zones, from: time("1990-01-01T00:00:00Z").seconds, to: time("2055-01-01T00:00:00Z").seconds)
        print("zones: \(SystemZones.names.all) names, \(zones.count) distinct; \(count) changes agree with glibc's")
        #expect(zones.count > 300 && count > 10_000)
    }

    @Test(.enabled(if: hasZdump, "needs zdump of libc-bin")) func agreesWithGlibcOnAllHistory() throws {
        let names = [
            "Europe/Berlin", "Europe/London", "Europe/Dublin", "America/New_York", "America/Sao_Paulo", "Asia/Manila",
            "Africa/Casablanca", "Pacific/Apia", "Australia/Lord_Howe", "Antarctica/Troll", "America/Juneau",
        ]
        let zones = try SystemZones.glibc(names, years: 1800...2201)
        _ = try agreement(
            of: zones, from: time("1800-01-01T00:00:00Z").seconds, to: time("2201-01-01T00:00:00Z").seconds)
    }

    /// - Returns: how many changes there are.
    private func agreement(of zones: [GlibcZone], from first: Int64, to last: Int64) throws -> Int {
        var wrong: [String] = []
        var count = 0
        for zone in zones {
            let rules = try SystemZones.rules(zone.name)
            var instant = Instant(seconds: first)
            var changes: [Int64] = []
            while let next = rules.nextTransition(after: instant), next.seconds < last {
                if rules.previousTransition(before: next + .microseconds(1)) != next {
                    wrong.append("\(zone.name): previous of \(next.rfc3339())")
                }
                changes.append(next.seconds)
                instant = next
            }
            if changes != zone.changes.filter({ $0 < last }) { wrong.append("\(zone.name): changes") }
            count += changes.count
            for stretch in zone.stretches {
                for second in [max(stretch.start, first), min(stretch.end, last) - 1]
                where rules.offsetSeconds(at: Instant(seconds: second)) != stretch.offset {
                    wrong.append("\(zone.name): offset at \(second)")
                }
            }
        }
        #expect(wrong.isEmpty, "\(wrong.prefix(10))")
        return count
    }

    @Test(.enabled(if: Program.path(of: "zic") != nil, "needs zic of libc-bin"))
    func readsFilesThatLeaveTheFutureToTheirFooter() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("holdfast-zones-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        _ = try Program.output("zic", ["-b", "slim", "-d", folder.path, "/usr/share/zoneinfo/tzdata.zi"])
        for name in ["Europe/Berlin", "Europe/Dublin", "America/Santiago", "Australia/Lord_Howe", "Africa/Cairo"] {
            let slim = try Data(contentsOf: folder.appendingPathComponent(name))
            let fat = try ZoneFiles.read(name)
            try #require(slim.count < fat.count, "\(name) isn't slim")
            let (left, right) = (try ZoneRules(name: name, tzif: Array(slim)), try SystemZones.rules(name))
            var instant = time("1900-01-01T00:00:00Z")
            while let next = right.nextTransition(after: instant), next < time("2300-01-01T00:00:00Z") {
                #expect(left.nextTransition(after: instant) == next)
                #expect(left.offsetSeconds(at: next) == right.offsetSeconds(at: next))
                instant = next
            }
        }
    }

    @Test func readsVersion1() throws {
        let file = try ZoneFiles.read("Europe/Berlin")
        let second = try #require(
            file.indices.dropFirst(4).first { file[$0...].starts(with: "TZif".utf8) }, "the file has one block only")
        var first = Array(file[..<second])
        first[4] = 0
        try #require(first.count > 500, "the first block is empty")
        let old = try ZoneRules(name: "Europe/Berlin", tzif: first)
        let new = try SystemZones.rules("Europe/Berlin")
        for year in 1910...2037 {
            for month in 1...12 {
                let instant = time("\(year)-\(month < 10 ? "0" : "")\(month)-15T00:00:00Z")
                #expect(old.offsetSeconds(at: instant) == new.offsetSeconds(at: instant))
            }
        }
        #expect(old.nextTransition(after: time("2038-01-01T00:00:00Z")) == nil)
    }

    /// A file without any change, with a footer.
    private func file(_ footer: String, version: Character = "3") -> [UInt8] {
        func block(_ counts: [UInt8], _ body: [UInt8]) -> [UInt8] {
            Array("TZif\(version)".utf8) + [UInt8](repeating: 0, count: 15) + counts.flatMap { [0, 0, 0, $0] } + body
        }
        let types: [UInt8] = [0, 0, 0, 0, 0, 0] + Array("UTC\0".utf8)
        return block([0, 0, 0, 0, 1, 4], types) + block([0, 0, 0, 0, 1, 4], types) + Array("\n\(footer)\n".utf8)
    }

    @Test(arguments: [
        // Standard time in winter is the exception in Dublin: negative daylight saving.
        ("IST-1GMT0,M10.5.0,M3.5.0/1", "2060-07-01T00:00:00Z", 3600, "2060-10-31T01:00:00Z"),
        ("IST-1GMT0,M10.5.0,M3.5.0/1", "2060-12-01T00:00:00Z", 0, "2061-03-27T01:00:00Z"),
        ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2060-01-01T00:00:00Z", 39_600, "2060-04-03T15:00:00Z"),
        // Hours before the day and long after it. Source: RFC 8536, §3.3.1.
        ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2060-01-01T00:00:00Z", -7200, "2060-03-28T01:00:00Z"),
        ("IST-2IDT,M3.4.4/26,M10.5.0", "2060-01-01T00:00:00Z", 7200, "2060-03-26T00:00:00Z"),
        ("AAA3BBB,J60/0,J300/0", "2060-01-01T00:00:00Z", -10_800, "2060-03-01T03:00:00Z"),
        ("AAA3BBB,59/0,300/0", "2060-01-01T00:00:00Z", -10_800, "2060-02-29T03:00:00Z"),
    ])
    func understandsFooters(footer: String, instant: String, offset: Int, next: String) throws {
        let rules = try ZoneRules(name: "Test/Zone", tzif: file(footer))
        #expect(rules.offsetSeconds(at: time(instant)) == offset)
        #expect(rules.nextTransition(after: time(instant))?.rfc3339() == time(next).rfc3339())
    }

    @Test func daylightSavingAllYearHasNoChange() throws {
        // Source: RFC 8536, §3.3.1.
        let rules = try ZoneRules(name: "Test/Zone", tzif: file("EST5EDT,0/0,J365/25"))
        for month in 1...9 { #expect(rules.offsetSeconds(at: time("2060-0\(month)-01T04:30:00Z")) == -14_400) }
        #expect(rules.nextTransition(after: time("2060-06-01T00:00:00Z")) == nil)
    }

    @Test func hasNoChangeWithoutOne() {
        #expect(ZoneRules.utc.offsetSeconds(at: time("2026-07-01T00:00:00Z")) == 0)
        #expect(ZoneRules.utc.nextTransition(after: time("2026-07-01T00:00:00Z")) == nil)
        #expect(ZoneRules.utc.previousTransition(before: time("2026-07-01T00:00:00Z")) == nil)
    }

    @Test func aDamagedFileIsRefusedWhereverItEnds() throws {
        let whole = try ZoneFiles.read("Europe/Berlin")
        for count in 0..<whole.count {
            let fault = #expect(throws: Fault.self) {
                try ZoneRules(name: "Europe/Berlin", tzif: Array(whole[..<count]))
            }
            #expect(fault?.code == .badSchedule)
        }
        #expect(throws: Fault.self) { try ZoneRules(name: "x", tzif: file("CET-1CEST,M3.5.0")) }
        #expect(throws: Fault.self) { try ZoneRules(name: "x", tzif: file("CET-1CEST,M13.5.0,M10.5.0")) }
        #expect(throws: Fault.self) { try ZoneRules(name: "x", tzif: file("UTC0", version: "1")) }
    }

    @Test func zonesWithLeapSecondsAreRefused() throws {
        guard ZoneFiles.exists("right/Europe/Berlin") else { return }
        let bytes = try ZoneFiles.read("right/Europe/Berlin")
        #expect(throws: Fault.self) { try ZoneRules(name: "right/Europe/Berlin", tzif: bytes) }
    }

    @Test func sameRulesAreEqual() throws {
        let berlin = try SystemZones.rules("Europe/Berlin")
        #expect(try berlin == SystemZones.rules("Europe/Berlin"))
        #expect(try berlin != SystemZones.rules("Europe/Paris"))
        #expect(try berlin != ZoneRules(name: "Europe/Berlin", tzif: ZoneFiles.read("Europe/London")))
    }
}
