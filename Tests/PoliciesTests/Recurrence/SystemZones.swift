import Foundation
import Model
import Platform
import Policies
import Testing

/// A zone as glibc tells it, through `zdump`: the stretches between changes of its offset, in seconds since 1970.
struct GlibcZone {
    struct Stretch {
        var start: Int64
        var end: Int64
        var offset: Int64
    }

    var name: String
    var stretches: [Stretch]

    /// The instants at which the offset changes.
    var changes: [Int64] { stretches.dropFirst().map(\.start) }
}

/// The zones of this machine, each distinct file once.
enum SystemZones {

    /// How many names there are, and one name for each distinct file.
    static let names: (all: Int, distinct: [String]) = {
        let all = ZoneFiles.names
        var seen: Set<[UInt8]> = []
        return (all.count, all.filter { name in (try? ZoneFiles.read(name)).map { seen.insert($0).inserted } ?? true })
    }()

    static func rules(_ name: String) throws -> ZoneRules {
        try ZoneRules(name: name, tzif: ZoneFiles.read(name))
    }

    /// All distinct zones as glibc tells them, from 1990 to 2054.
    static let glibc: Result<[GlibcZone], any Error> = Result { try glibc(names.distinct, years: 1990...2055) }

    /// - Parameter years: a zone must have a change in them, or none before and after today.
    static func glibc(_ names: [String], years: ClosedRange<Int>) throws -> [GlibcZone] {
        let limits = "\(years.lowerBound),\(years.upperBound)"
        let text = try Program.output("zdump", ["-v", "-c", limits] + names)
        var changes: [String: [(at: Int64, offset: Int64)]] = [:]
        for line in text.split(separator: UInt8(ascii: "\n")) {
            guard let reading = Reading(line) else { continue }
            changes[reading.zone, default: []].append((reading.instant, reading.offset))
        }
        let now = try offsetsNow(names)
        return try names.map { name in
            guard let readings = changes[name] else {
                let offset = try #require(now[name])
                return GlibcZone(name: name, stretches: [.init(start: .min / 2, end: .max / 2, offset: offset)])
            }
            var stretches = [GlibcZone.Stretch(start: .min / 2, end: .max / 2, offset: readings[0].offset)]
            for reading in readings where reading.offset != stretches[stretches.count - 1].offset {
                stretches[stretches.count - 1].end = reading.at
                stretches.append(.init(start: reading.at, end: .max / 2, offset: reading.offset))
            }
            return GlibcZone(name: name, stretches: stretches)
        }
    }

    /// Of zones that never change: what their clocks show now against what those of UTC show.
    private static func offsetsNow(_ names: [String]) throws -> [String: Int64] {
        let text = String(decoding: try Program.output("zdump", ["UTC"] + names), as: UTF8.self)
        var times: [String: Int64] = [:]
        var utc: Int64?
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ").map { Array($0.utf8)[...] }
            guard words.count >= 6, let time = Reading.time(words[2..<6]) else { continue }
            utc = utc ?? time
            // Both are read within seconds; offsets are whole minutes.
            times[String(decoding: words[0], as: UTF8.self)] =
                ((time - (utc ?? 0)) + (time < utc ?? 0 ? -30 : 30)) / 60 * 60
        }
        return times
    }

    /// `Europe/Berlin  Sun Mar 29 01:00:00 2026 UT = Sun Mar 29 03:00:00 2026 CEST isdst=1 gmtoff=7200`.
    private struct Reading {
        var zone: String
        var instant: Int64
        var offset: Int64

        init?(_ line: ArraySlice<UInt8>) {
            let words = line.split(separator: UInt8(ascii: " "))
            guard words.count >= 15, let instant = Self.time(words[2..<6]), let last = words.last,
                last.starts(with: "gmtoff=".utf8),
                let offset = Int64(String(decoding: last.dropFirst(7), as: UTF8.self))
            else { return nil }
            (zone, self.instant, self.offset) = (String(decoding: words[0], as: UTF8.self), instant, offset)
        }

        /// `Mar 29 01:00:00 2026`.
        static func time(_ words: ArraySlice<ArraySlice<UInt8>>) -> Int64? {
            let texts = words.map { String(decoding: $0, as: UTF8.self) }
            let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
            let clock = texts[2].split(separator: ":").compactMap { Int32($0) }
            guard let month = months.firstIndex(of: texts[0]), let day = Int32(texts[1]), clock.count == 3,
                let year = Int32(texts[3])
            else { return nil }
            var time = tm()
            (time.tm_year, time.tm_mon, time.tm_mday) = (year - 1900, Int32(month), day)
            (time.tm_hour, time.tm_min, time.tm_sec) = (clock[0], clock[1], clock[2])
            return Int64(timegm(&time))
        }
    }
}
