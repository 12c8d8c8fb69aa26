import Archiving
import Model
import Storage
import StorageTestSupport
import Synchronization
import Testing

/// Backups that people take back while a prune is about to delete them.
@Suite struct PruneMarkTests {
    private static func make() throws -> (Fixture, [SequenceNumber: Source]) {
        let fixture = try Fixture(FaultyStore())
        var source = Source(files: [0: .init(birth: 1, pages: Array(0..<40))])
        var kept: [SequenceNumber: Source] = [:]
        for step in 0..<5 {
            for page in 0..<8 { source.files[0]?.pages[(step * 5 + page * 4) % 40] = UInt64(1000 * step + page) }
            kept[try fixture.backUp(source).sequence] = source
        }
        for sequence in 1...3 as ClosedRange<SequenceNumber> { try mark(sequence, .deleted, fixture) }
        return (fixture, kept)
    }

    private static func mark(_ sequence: SequenceNumber, _ kind: Mark.Kind, _ fixture: Fixture) throws {
        try fixture.repository.mark(
            sequence, of: fixture.unit, Mark(kind: kind, instant: Fixture.now, actor: .user(uid: 7, name: "ann")))
    }

    @Test(arguments: [Mark.Kind.preserved, .undeleted])
    func anAcknowledgedMarkAtAnyStepOfAPruneSavesTheBackup(_ kind: Mark.Kind) throws {
        var steps = 0
        let (counted, _) = try Self.make()
        _ = try counted.repository.prune(unit: counted.unit, deleting: [1, 2, 3]) { _ in steps += 1 }
        var saved = 0
        var refused = 0
        for chosen in 0..<steps {
            let (fixture, history) = try Self.make()
            let (repository, unit) = (fixture.repository, fixture.unit)
            var step = 0
            var isAcknowledged = false
            let report = try repository.prune(unit: unit, deleting: [1, 2, 3]) { _ in
                defer { step += 1 }
                guard step == chosen else { return }
                do {
                    try Self.mark(2, kind, fixture)
                    isAcknowledged = true
                } catch let fault as Fault { #expect(fault.code == .notFound) }
            }
            if isAcknowledged { saved += 1 } else { refused += 1 }
            let place = "\(kind) at step \(chosen)"
            #expect(report.estimate.left == (isAcknowledged ? [2] : []), "\(place)")
            let kept = history.filter { $0.key > 3 || isAcknowledged && $0.key == 2 }
            try Pruning.expect(kept, of: unit, in: repository, place)
        }
        #expect(saved > 0 && refused > 0)
    }

    @Test func aMarkOfADeletedBackupIsRefused() throws {
        let (fixture, _) = try Self.make()
        _ = try fixture.repository.prune(unit: fixture.unit, deleting: [1, 2, 3])
        for sequence in [1, 2, 3, 9] as [SequenceNumber] {
            let fault = #expect(throws: Fault.self) { try Self.mark(sequence, .preserved, fixture) }
            #expect(fault?.code == .notFound)
        }
        _ = try fixture.repository.prune(unit: fixture.unit, deleting: [4, 5])
        let fault = #expect(throws: Fault.self) { try Self.mark(5, .undeleted, fixture) }
        #expect(fault?.code == .notFound)
        #expect(try fixture.repository.units().isEmpty)
    }

    @Test func whatIsPreservedOrNoLongerMeantStays() throws {
        let (fixture, history) = try Self.make()
        try Self.mark(1, .preserved, fixture)
        let report = try fixture.repository.prune(
            unit: fixture.unit, deleting: [1, 2, 3, 4], stillMeant: { $0.subtracting([3]) })
        #expect(report.estimate.left == [1, 3])
        try Pruning.expect(
            history.filter { [1, 3, 5].contains($0.key) }, of: fixture.unit, in: fixture.repository, "pruned")
    }

    @Test func whatIsTakenBackAgainAndAgainStays() throws {
        let (fixture, history) = try Self.make()
        let asked = Mutex<[Set<SequenceNumber>]>([])
        let fault = #expect(throws: Fault.self) {
            try fixture.repository.prune(
                unit: fixture.unit, deleting: [1, 2, 3, 4],
                stillMeant: { deleted in
                    asked.withLock { $0.append(deleted) }
                    return deleted.subtracting([deleted.max() ?? 0])
                })
        }
        #expect(fault?.code == .busy)
        #expect(asked.withLock { $0 } == [[1, 2, 3, 4], [1, 2, 3], [1, 2]])
        try Pruning.expect(history, of: fixture.unit, in: fixture.repository, "given up")
        _ = try fixture.repository.prune(unit: fixture.unit, deleting: [1, 2, 3])
        try Pruning.expect(history.filter { $0.key > 3 }, of: fixture.unit, in: fixture.repository, "pruned later")
    }
}
