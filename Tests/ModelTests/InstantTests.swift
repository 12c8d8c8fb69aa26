import Foundation
import Model
import Testing

@Suite struct InstantTests {
    /// Seconds computed by GNU date 9.1 (`date -u -d TEXT +%s`).
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0),
        ("2000-02-29T12:30:45Z", 951_827_445),
        ("2024-02-29T23:59:59+00:00", 1_709_251_199),
        ("2026-11-22T10:00:00+01:00", 1_795_338_000),
        ("2026-03-29T03:00:00+02:00", 1_774_746_000),
        ("1969-12-31T23:59:59Z", -1),
        ("1900-03-01T00:00:00Z", -2_203_891_200),
        ("2026-07-01T00:00:00-11:30", 1_782_905_400),
        ("2100-03-01T00:00:00Z", 4_107_542_400),
    ])
    func readsTimesAsOthersDo(text: String, seconds: Int64) throws {
        let instant = try #require(Instant(rfc3339: text))
        #expect(instant.seconds == seconds)
        #expect(instant.microseconds == seconds * 1_000_000)
    }

    @Test(arguments: [
        (0, 0, "1970-01-01T00:00:00.000Z"),
        (1_795_338_000_123_456, 3600, "2026-11-22T10:00:00.123+01:00"),
        (1_782_905_400_999_999, -41_400, "2026-07-01T00:00:00.999-11:30"),
        (-1, 0, "1969-12-31T23:59:59.999Z"),
        (-1_000_000, 20_700, "1970-01-01T05:44:59.000+05:45"),
    ])
    func writesOneFormWithItsOffset(microseconds: Int64, offset: Int, text: String) {
        #expect(Instant(microseconds: microseconds).rfc3339(offsetSeconds: offset) == text)
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (1_795_338_000_123_456, "2026-11-22T09:00:00.123456Z"),
        (1_795_338_000_123_000, "2026-11-22T09:00:00.123Z"), (1_795_338_000_000_007, "2026-11-22T09:00:00.000007Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
    ])
    func nothingIsLostOnTheWire(microseconds: Int64, text: String) throws {
        let instant = Instant(microseconds: microseconds)
        #expect(instant.rfc3339Exact() == text)
        let json = try JSONEncoder().encode([instant])
        #expect(String(decoding: json, as: UTF8.self) == "[\"\(text)\"]")
        #expect(try JSONDecoder().decode([Instant].self, from: json) == [instant])
    }

    @Test func textNamesTheSameMomentAtAnyOffset() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let milliseconds = Int64.random(in: -62_000_000_000_000...200_000_000_000_000, using: &generator)
            // Local mean times before railway time have seconds; RFC 3339 offsets have none.
            let offset = Int.random(in: -86_399...86_399, using: &generator)
            let instant = Instant(microseconds: milliseconds * 1000)
            let text = instant.rfc3339(offsetSeconds: offset)
            #expect(Instant(rfc3339: text) == instant, "\(milliseconds) ms at offset \(offset) became \(text)")
        }
    }

    @Test func agreesWithFoundation() throws {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime]
        // ICU keeps the Julian calendar before October 1582, so only what comes after is comparable.
        for seconds in stride(from: Int64(-12_000_000_000), through: 16_000_000_000, by: 8_639_977) {
            let text = formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
            #expect(Instant(rfc3339: text) == Instant(seconds: seconds), "\(text)")
        }
    }

    @Test(arguments: [
        "", "2026-11-22", "2026-11-22T10:00", "2026-11-22T10:00:00", "2026-11-22T10:00:00+1",
        "2026-11-22T10:00:00+0100",
        "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:61Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Z ", " 2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+01:60", "٢٠٢٦-01-01T00:00:00Z", "+026-01-01T00:00:00Z",
    ])
    func refusesWhatIsNotATime(text: String) {
        #expect(Instant(rfc3339: text) == nil)
    }

    @Test func fractionsAreReadToTheMicrosecond() {
        #expect(Instant(rfc3339: "1970-01-01T00:00:00.5Z")?.microseconds == 500_000)
        #expect(Instant(rfc3339: "1970-01-01T00:00:00.000001Z")?.microseconds == 1)
        #expect(Instant(rfc3339: "1970-01-01T00:00:00.123456789Z")?.microseconds == 123_456)
    }

    @Test func differencesAddUpAgain() {
        let start = Instant(seconds: -5)
        let end = Instant(microseconds: 1_234_567)
        #expect(end - start == .microseconds(6_234_567))
        #expect(start + (end - start) == end)
        #expect(end - (end - start) == start)
        #expect((end - start).inSeconds == 6.234567)
        #expect(Instant(microseconds: -1).seconds == -1)
    }

    @Test func recordsHoldRFC3339() throws {
        let data = try JSONEncoder().encode([Instant(seconds: 0)])
        #expect(String(decoding: data, as: UTF8.self) == #"["1970-01-01T00:00:00.000Z"]"#)
        #expect(try JSONDecoder().decode([Instant].self, from: data) == [Instant(seconds: 0)])
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([Instant].self, from: Data(#"["yesterday"]"#.utf8))
        }
    }
}
