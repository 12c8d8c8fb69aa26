import Model
import Policies
import Testing

@Suite struct BackupChoiceTests {
    let backups: [(sequence: SequenceNumber, at: Instant)] = [
        (1, Instant(seconds: 100)), (3, Instant(seconds: 300)), (2, Instant(seconds: 200)), (4, Instant(seconds: 300)),
    ]

    @Test(arguments: [(99, nil), (100, 1), (250, 2), (300, 4), (1000, 4)] as [(Int64, SequenceNumber?)])
    func choosesTheNewestAtOrBefore(seconds: Int64, expected: SequenceNumber?) {
        let choice = BackupChoice.newest(
            of: backups, atOrBefore: Instant(seconds: seconds), instant: \.at, sequence: \.sequence)
        #expect(choice?.sequence == expected)
    }

    @Test func choosesTheNewestOfAllWithoutATime() {
        #expect(BackupChoice.newest(of: backups, atOrBefore: nil, instant: \.at, sequence: \.sequence)?.sequence == 4)
    }
}
