import Model
import Policies
import Testing

@Suite struct CooldownTests {
    let cooldown = Cooldown()
    let noon = time("2026-11-22T12:00:00Z")

    func reading(_ seconds: Int, boot: String = "a", wall: Int) -> ClockReading {
        ClockReading(sinceBoot: .seconds(seconds), bootID: boot, wall: noon + .seconds(wall))
    }

    @Test func lastsTenMinutesFromTheEnd() {
        let end = reading(1000, wall: 0)
        #expect(cooldown.remaining(since: end, now: end) == .seconds(600))
        #expect(cooldown.remaining(since: end, now: reading(1599, wall: 599)) == .seconds(1))
        #expect(cooldown.remaining(since: end, now: reading(1600, wall: 600)) == nil)
    }

    @Test func nothingToWaitForBeforeTheFirst() {
        #expect(cooldown.remaining(since: nil, now: reading(5, wall: 0)) == nil)
    }

    @Test(arguments: [-100_000, -1, 0, 100_000])
    func settingTheWallClockChangesNothingWithinABoot(wall: Int) {
        #expect(cooldown.remaining(since: reading(1000, wall: 0), now: reading(1300, wall: wall)) == .seconds(300))
    }

    @Test func countsWallTimeOverAReboot() {
        let end = reading(90_000, wall: 0)
        #expect(cooldown.remaining(since: end, now: reading(30, boot: "b", wall: 240)) == .seconds(360))
        #expect(cooldown.remaining(since: end, now: reading(30, boot: "b", wall: 601)) == nil)
    }

    @Test func aClockSetBackOverARebootNeverMakesItLonger() {
        let end = reading(90_000, wall: 0)
        #expect(cooldown.remaining(since: end, now: reading(0, boot: "b", wall: -86_400)) == .seconds(600))
        #expect(cooldown.remaining(since: end, now: reading(400, boot: "b", wall: -86_000)) == .seconds(200))
        #expect(cooldown.remaining(since: end, now: reading(600, boot: "b", wall: -85_800)) == nil)
    }

    @Test func noCooldownWhenSettingsSaySo() {
        let end = reading(1000, wall: 0)
        #expect(Cooldown(length: .zero).remaining(since: end, now: end) == nil)
    }
}
