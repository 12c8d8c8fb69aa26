import Model
import Policies
import Testing

@Suite struct LoadPlanTests {
    @Test(arguments: [
        ("22:00-06:00", "2026-11-22T21:59:59Z", false), ("22:00-06:00", "2026-11-22T22:00:00Z", true),
        ("22:00-06:00", "2026-11-23T00:00:00Z", true), ("22:00-06:00", "2026-11-23T05:59:59Z", true),
        ("22:00-06:00", "2026-11-23T06:00:00Z", false), ("01:30-04:00", "2026-11-23T01:29:59Z", false),
        ("01:30-04:00", "2026-11-23T01:30:00Z", true), ("01:30-04:00", "2026-11-23T04:00:00Z", false),
        ("18:00-00:00", "2026-11-23T23:59:59Z", true), ("18:00-00:00", "2026-11-24T00:00:00Z", false),
        (" 7:00 - 8:00 ", "2026-11-24T07:30:00Z", true),
    ])
    func aNightMayLastOverMidnight(span: String, instant: String, isNight: Bool) throws {
        #expect(try #require(NightSpan(span)).contains(time(instant), zone: Zones.utc) == isNight)
    }

    /// Berlin: on 29 March 2026 clocks jump from 02:00 to 03:00, on 25 October from 03:00 back to 02:00.
    @Test(arguments: [
        ("22:00-02:30", "2026-03-29T00:59:59Z", true),  // 01:59:59
        ("22:00-02:30", "2026-03-29T01:00:00Z", false),  // 03:00, the end was in the gap
        ("02:30-05:00", "2026-03-29T00:59:59Z", false),
        ("02:30-05:00", "2026-03-29T01:00:00Z", true),  // the beginning was in the gap
        ("02:15-02:45", "2026-03-29T01:00:00Z", false),  // never that day
        ("22:00-02:30", "2026-10-25T00:29:59Z", true),  // 02:29:59 for the first time
        ("22:00-02:30", "2026-10-25T00:30:00Z", false),
        ("22:00-02:30", "2026-10-25T01:00:00Z", true),  // 02:00 once more
        ("22:00-02:30", "2026-10-25T01:30:00Z", false),
    ])
    func theClocksOfTheZoneDecide(span: String, instant: String, isNight: Bool) throws {
        #expect(try #require(NightSpan(span)).contains(time(instant), zone: Zones.berlin) == isNight)
    }

    @Test(arguments: ["", "22:00", "22:00-", "22:00-22:00", "24:00-06:00", "22:60-06:00", "22-6", "22:00-06:00-07:00"])
    func otherTextsAreNoNight(text: String) { #expect(NightSpan(text) == nil) }

    @Test func aNightIsShownAsItIsWritten() {
        #expect(NightSpan("7:05 - 23:00:30")?.description == "07:05-23:00:30")
    }

    @Test func theNightHasItsOwnLimits() {
        let (day, night) = (LoadLimits(read: ByteCount(1000), processor: 50), LoadLimits(processor: 150))
        let plan = LoadPlan(day: day, night: night, hours: NightSpan("22:00-06:00"))
        #expect(plan.limits(at: time("2026-11-22T12:00:00Z"), zone: Zones.utc) == day)
        #expect(plan.limits(at: time("2026-11-22T23:00:00Z"), zone: Zones.utc) == night)
        #expect(LoadPlan(day: day, night: night).limits(at: time("2026-11-22T23:00:00Z"), zone: Zones.utc) == day)
    }
}
