import Glibc
import Model
import Platform
import Testing

@Suite struct ClocksTests {
    @Test func bootClockNeverGoesBack() {
        var last = BootClock.now()
        for _ in 0..<1000 {
            let now = BootClock.now()
            #expect(now >= last)
            last = now
        }
    }

    @Test func bootIDIsTheKernels() throws {
        #expect(BootClock.bootID.count == 36)
        #expect(try text("/proc/sys/kernel/random/boot_id").hasPrefix(BootClock.bootID))
    }

    @Test func wallClockIsTheSystems() {
        let before = Int64(time(nil))
        let now = WallClock.now().seconds
        #expect(now >= before - 1 && now <= Int64(time(nil)))
    }

    /// Offsets and changes as published in the tz database for Europe/Berlin and Asia/Kathmandu.
    @Test func zoneOffsetsFollowTheSystemsRules() async {
        await #expect(processExitsWith: .success) {
            LocalZone.use("Europe/Berlin")
            let change = Instant(seconds: 1_774_746_000)
            guard LocalZone.offsetSeconds(at: change - .seconds(1)) == 3600 else { exit(10) }
            guard LocalZone.offsetSeconds(at: change) == 7200 else { exit(11) }
            LocalZone.use("Asia/Kathmandu")
            guard LocalZone.offsetSeconds(at: change) == 20_700 else { exit(12) }
            exit(0)
        }
    }
}
