import Foundation
import Model
import Policies
import Testing

/// Against `systemd-analyze calendar`, where local clocks run evenly.
@Suite(.enabled(if: Program.path(of: "systemd-analyze") != nil, "needs systemd-analyze of the package systemd"))
struct SystemdTests {
    /// What systemd says of one expression.
    struct Answer {
        var normal: String
        /// Whole seconds, as systemd prints them.
        var elapses: [Int64]
    }

    private func ask(_ expressions: [String], from base: Instant, count: Int, zone: String) throws -> [Answer] {
        let time = base.rfc3339().replacing("T", with: " ").replacing(".000Z", with: " UTC")
        let text = try Program.output(
            "systemd-analyze", ["calendar", "--iterations=\(count)", "--base-time=\(time)"] + expressions,
            environment: ["LC_ALL": "C", "TZ": zone, "SYSTEMD_COLORS": "0"])
        var answers: [Answer] = []
        for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
            guard let colon = line.firstRange(of: ": ") else { continue }
            let value = String(line[colon.upperBound...])
            switch line[..<colon.lowerBound].trimmingCharacters(in: .whitespaces) {
            case "Normalized form": answers.append(Answer(normal: value, elapses: []))
            case "(in UTC)": answers[answers.count - 1].elapses.append(try seconds(value))
            case let key where key == "Next elapse" || key.hasPrefix("Iter."):
                guard value != "never", zone == "UTC" else { continue }
                answers[answers.count - 1].elapses.append(try seconds(value))
            default: break
            }
        }
        try #require(answers.count == expressions.count)
        return answers
    }

    /// `Thu 2026-01-01 00:59:00 UTC`.
    private func seconds(_ text: String) throws -> Int64 {
        let words = text.split(separator: " ")
        try #require(words.count == 4 && words[3] == "UTC", "\(text)")
        return try #require(Instant(rfc3339: "\(words[1])T\(words[2])Z")).seconds
    }

    private func compare(
        _ expressions: [String], from base: Instant, count: Int, zone: String = "UTC"
    ) throws -> Int {
        let answers = try ask(expressions, from: base, count: count, zone: zone)
        let rules = try zone == "UTC" ? .utc : SystemZones.rules(zone)
        var checked = 0
        for (text, answer) in zip(expressions, answers) {
            let recurrence = try Recurrence(text, zone: rules) { name throws(Fault) in
                do { return try SystemZones.rules(name) } catch { throw Fault.wrapping(error) }
            }
            #expect(recurrence.description == answer.normal)
            let found = recurrence.occurrences(after: base, count: count).map(\.planned.seconds)
            let place = "\(text) after \(base.rfc3339()) in \(zone)"
            if found != answer.elapses { try settle(text, found, answer.elapses, from: base, zone: zone, place) }
            checked += found.count
        }
        return checked
    }

    /// systemd 252 carries a repetition without end over into the next hour, day or year and loses the first there:
    /// `*:*:7/13` goes from 23:59:59 to 00:00:20, past 00:00:07. So it is asked again for the same set with ends.
    private func settle(
        _ text: String, _ ours: [Int64], _ theirs: [Int64], from base: Instant, zone: String, _ place: String
    ) throws {
        let closed = Self.closed(text)
        let again = try ask([closed], from: base, count: max(ours.count, 1), zone: zone)
        #expect(closed != text && again[0].elapses == ours, "\(place): \(ours) instead of \(theirs)")
        print("systemd contradicts itself on \(place)")
    }

    /// The same expression with ends to its repetitions: `7/13` as `7..59/13`.
    static func closed(_ text: String) -> String {
        func close(_ field: Substring, _ end: Int) -> String {
            field.split(separator: ",").map { part in
                let slash = part.firstIndex(of: "/")
                return part.contains("..")
                    ? String(part) : slash.map { "\(part[..<$0])..\(end)\(part[$0...])" } ?? String(part)
            }.joined(separator: ",")
        }
        return text.split(separator: " ").map { word in
            // Repetitions that count from the end of the month have no such form.
            let mark: Character = word.contains(":") ? ":" : "-"
            guard word.contains(mark), !word.contains("~"), word.first?.isLetter == false else { return String(word) }
            let fields = word.split(separator: mark)
            let ends = mark == ":" ? [23, 59, 59] : Array([2199, 12, 31].suffix(fields.count))
            return zip(fields, ends).map { close($0, $1) }.joined(separator: String(mark))
        }.joined(separator: " ")
    }

    @Test func writesTheSameNormalForm() throws {
        let table = CalendarExpressionTests.manual + CalendarExpressionTests.more
        let answers = try ask(table.map(\.0), from: time("2026-01-01T00:00:00Z"), count: 1, zone: "UTC")
        for (row, answer) in zip(table, answers) { #expect(answer.normal == row.1, "\(row.0)") }
    }

    @Test func refusesWhatSystemdRefuses() throws {
        // Dates that no calendar has are read by systemd, and never come.
        let never = ["*-02-30", "*-04-31", "*-04,06,09,11-31 10:00", "2027-02-29"]
        for bad in CalendarExpressionTests.bad {
            let isRead = (try? ask([bad.text], from: time("2026-01-01T00:00:00Z"), count: 1, zone: "UTC")) != nil
            #expect(isRead == (never.contains(bad.text) || bad.text == "@5 Europe/Berlin"), "\(bad.text)")
        }
    }

    @Test func elapsesAtTheSameInstants() throws {
        let expressions = [
            "daily", "hourly", "minutely", "weekly", "monthly", "quarterly", "semiannually", "yearly", "Mon..Fri 23:00",
            "*-*-* 23:00", "Sun 02:00", "*:0/15", "0/2:30", "*-*~01", "*-02~03", "Mon *-05~07/1", "Fri *-*-13",
            "*-02-29 12:00", "Wed *-02-29", "Sat *-*-1..7 18:00", "2026..2030/2-*-* 12:00", "*-*-1/2", "*-*~7/3 04:00",
            "*-*~05..10 04:00", "*-12-31 23:59:59", "2027-01-01", "2020-01-01", "*:*:7/13", "*:*:0/2.5",
            "Mon,Wed,Fri 6,18:00",
            "*-1,4,7,10-31", "Mon 2026-11-22", "2100-02-28..31", "*-*-31 00:00", "Mon..Wed,Sun *-6/3-* 0..23/5:59",
            "2199-12-31 23:59",
        ]
        var checked = try compare(expressions, from: time("2026-01-01T00:00:00Z"), count: 60)
        checked += try compare(expressions, from: time("2026-12-30T23:59:59Z"), count: 20)
        checked += try compare(expressions, from: time("2096-02-28T12:34:56Z"), count: 20)
        // Three months of summer time and of winter time.
        let local = ["*-*-* 02:30", "Mon 02:30", "*:0/7", "Sun 03:00", "*-*~1 23:59", "0/3:10", "12:00 Asia/Kathmandu"]
        for zone in ["Europe/Berlin", "America/New_York", "Asia/Kolkata"] {
            checked += try compare(
                local.dropLast() + ["*-06-* 02:30"], from: time("2026-05-01T00:00:00Z"), count: 3, zone: zone)
            checked += try compare(local, from: time("2026-11-29T10:00:00Z"), count: 3, zone: zone)
        }
        print("systemd: \(checked) occurrences of \(expressions.count) expressions agree")
    }

    @Test func elapsesAtTheSameInstantsAtRandom() throws {
        var random = PrintedSeed()
        var checked = 0
        var never = 0
        for _ in 0..<10 {
            let expressions = (0..<50).map { _ in RandomExpression.make(&random) }
            let base = Instant(seconds: Int64.random(in: 946_684_800...4_102_444_800, using: &random))
            checked += try compare(expressions, from: base, count: 12)
            never += try expressions.count { try Recurrence($0, zone: .utc).next(after: base) == nil }
        }
        print("systemd: \(checked) occurrences of 500 random expressions agree, \(never) have none")
        #expect(checked > 3000)
    }
}

/// Expressions that use every part of the syntax; never one whose dates no calendar has.
enum RandomExpression {
    static func make(_ random: inout PrintedSeed) -> String {
        while true {
            let text = any(&random)
            if (try? CalendarExpression(text)) != nil { return text }
        }
    }

    private static func any(_ random: inout PrintedSeed) -> String {
        let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        var words: [String] = []
        if Int.random(in: 0..<3, using: &random) == 0 {
            let first = Int.random(in: 0..<7, using: &random)
            let second = Int.random(in: 0..<7, using: &random)
            words.append(second > first ? "\(names[first])..\(names[second])" : "\(names[first]),\(names[second])")
        }
        if Int.random(in: 0..<3, using: &random) != 0 {
            let isLast = Int.random(in: 0..<4, using: &random) == 0
            let year = Int.random(in: 0..<6, using: &random) == 0 ? field(2000...2110, &random) : "*"
            // systemd 252 allows less with every further element of a list.
            let day = isLast ? field(1...22, &random, open: false) : field(1...31, &random)
            words.append("\(year)-\(field(1...12, &random))\(isLast ? "~" : "-")\(day)")
        }
        if words.isEmpty || Int.random(in: 0..<4, using: &random) != 0 {
            let seconds = Int.random(in: 0..<2, using: &random) == 0 ? ":" + field(0...59, &random) : ""
            words.append("\(field(0...23, &random)):\(field(0...59, &random))\(seconds)")
        }
        return words.joined(separator: " ")
    }

    private static func field(_ range: ClosedRange<Int>, _ random: inout PrintedSeed, open: Bool = true) -> String {
        func value() -> Int { Int.random(in: range, using: &random) }
        func part() -> String {
            let first = value()
            let second = value()
            let step = Int.random(in: 1...max(1, range.count / 3), using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0 where first < second: return "\(first)..\(second)"
            case 1 where first < second: return "\(first)..\(second)/\(step)"
            case 2 where open && first + step <= range.upperBound: return "\(first)/\(step)"
            default: return "\(first)"
            }
        }
        switch Int.random(in: 0..<4, using: &random) {
        case 0, 1: return "*"
        case 2: return part()
        default: return (0..<Int.random(in: 2...3, using: &random)).map { _ in part() }.joined(separator: ",")
        }
    }
}
