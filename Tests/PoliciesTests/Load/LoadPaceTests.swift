import Model
import Policies
import Testing

@Suite struct LoadPaceTests {
    @Test func waitsForWhatWasRead() {
        var pace = LoadPace(at: .seconds(5))
        let limits = LoadLimits(read: ByteCount(1000))
        pace.take(bytes: 2000, work: .zero)
        #expect(pace.wait(at: .seconds(5), under: limits) == .seconds(2))
        #expect(pace.wait(at: .seconds(6), under: limits) == .seconds(1))
        #expect(pace.wait(at: .seconds(7), under: limits) == .zero)
    }

    @Test func waitsForTheSlowerOfReadingAndWork() {
        var pace = LoadPace(at: .zero)
        pace.take(bytes: 1000, work: .seconds(2))
        #expect(pace.wait(at: .zero, under: LoadLimits(read: ByteCount(1000), processor: 50)) == .seconds(4))
        #expect(pace.wait(at: .seconds(1), under: LoadLimits(read: ByteCount(1000), processor: 200)) == .zero)
    }

    @Test func whatIsUnlimitedIsNotPaidForLater() {
        var pace = LoadPace(at: .zero)
        pace.take(bytes: 1 << 40, work: .seconds(1000))
        #expect(pace.wait(at: .zero, under: .none) == .zero)
        #expect(pace.wait(at: .zero, under: LoadLimits(read: ByteCount(1), processor: 1)) == .zero)
    }

    @Test func anIdleTimeCountsForAHundredthOfASecondAtMost() {
        var pace = LoadPace(at: .zero)
        let limits = LoadLimits(read: ByteCount(1000))
        #expect(pace.wait(at: .seconds(3600), under: limits) == .zero)
        pace.take(bytes: 1010, work: .zero)
        #expect(pace.wait(at: .seconds(3600), under: limits) == .seconds(1))
    }

    @Test func aClockThatStandsStillOrGoesBackChangesNothing() {
        var pace = LoadPace(at: .seconds(10))
        pace.take(bytes: 1000, work: .zero)
        #expect(pace.wait(at: .seconds(9), under: LoadLimits(read: ByteCount(1000))) == .seconds(1))
    }
}
