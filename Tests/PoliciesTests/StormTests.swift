import Model
import Policies
import Testing

@Suite struct StormTests {
    static let start = time("2026-11-22T12:00:00Z")

    static func failed(
        _ seconds: Int, _ database: String = "crm/a.db", code: Code = .backupFailed, key: String = "disk"
    ) -> Storm.Event {
        .failed(
            Storm.Failure(
                code: code, key: key, database: DatabaseName(database), instant: start + .seconds(seconds)))
    }

    static func summary(
        _ count: Int, _ names: [String], since: Int, last: Int, more: Bool = false
    ) -> Storm.Order {
        .summary(
            Storm.Summary(
                code: .backupFailed, key: "disk", count: count, names: names.map { DatabaseName($0) },
                hasMoreNames: more, since: start + .seconds(since), last: start + .seconds(last)))
    }

    @Test func threePassAndTheRestIsOneMessage() {
        var storm = Storm()
        for second in 0..<3 { #expect(storm.handle(Self.failed(second)) == [.pass]) }
        #expect(storm.nextDue == nil)
        for second in 3..<100 { #expect(storm.handle(Self.failed(second, "crm/\(second % 7).db")) == [.hold]) }
        #expect(storm.nextDue == Self.start + .seconds(603))
        #expect(storm.handle(.tick(Self.start + .seconds(602))) == [])
        let names = ["crm/3.db", "crm/4.db", "crm/5.db", "crm/6.db", "crm/0.db"]
        #expect(
            storm.handle(.tick(Self.start + .seconds(603)))
                == [Self.summary(97, names, since: 3, last: 99, more: true)])
        #expect(storm.nextDue == nil)
        #expect(storm.handle(.tick(Self.start + .seconds(10_000))) == [])
    }

    @Test func failuresFarApartPass() {
        var storm = Storm()
        for number in 0..<100 { #expect(storm.handle(Self.failed(number * 200)) == [.pass]) }
    }

    @Test func kindsAreCountedByThemselves() {
        var storm = Storm()
        for second in 0..<3 {
            #expect(storm.handle(Self.failed(second)) == [.pass])
            #expect(storm.handle(Self.failed(second, key: "network")) == [.pass])
            #expect(storm.handle(Self.failed(second, code: .verifyFailed)) == [.pass])
        }
        #expect(storm.handle(Self.failed(4)) == [.hold])
        #expect(storm.handle(Self.failed(4, code: .drillFailed)) == [.pass])
    }

    @Test func aStormThatGoesOnIsToldLessAndLessOften() {
        var storm = Storm()
        var summaries: [Int] = []
        var held = 0
        var told = 0
        for second in stride(from: 0, to: 6 * 3600, by: 60) {
            for order in storm.handle(Self.failed(second)) {
                if order == .hold { held += 1 }
                guard case .summary(let summary) = order else { continue }
                summaries.append(second)
                told += summary.count
            }
        }
        for case .summary(let summary) in storm.flush() { told += summary.count }
        #expect(summaries == [780, 780 + 1200, 1980 + 2400, 4380 + 3600, 7980 + 3600, 11_580 + 3600, 15_180 + 3600])
        #expect(held == 357 && told == held)
    }

    @Test func afterTenMinutesOfQuietTheFirstPassAgain() {
        var storm = Storm()
        for second in 0..<5 { _ = storm.handle(Self.failed(second)) }
        let orders = storm.handle(Self.failed(604))
        #expect(orders == [Self.summary(2, ["crm/a.db"], since: 3, last: 4), .pass])
        #expect(storm.handle(Self.failed(605)) == [.pass])
    }

    @Test func aClockSetBackLosesNothing() {
        var storm = Storm()
        for second in 0..<4 { _ = storm.handle(Self.failed(second)) }
        #expect(storm.handle(Self.failed(-5000)) == [.hold])
        #expect(storm.handle(.tick(Self.start - .seconds(4000))) == [])
        #expect(storm.flush() == [Self.summary(2, ["crm/a.db"], since: 3, last: 3)])
        #expect(storm.nextDue == nil)
    }

    @Test func everyFailureIsToldOnce() {
        let seed = Numbers.seed(replayedBy: "HOLDFAST_STORM_SEED")
        print("storm: seed \(seed)")
        var numbers = Numbers(seed: seed)
        var storm = Storm()
        var now = 0
        var (sent, told) = (0, 0)
        func count(_ orders: [Storm.Order]) {
            for order in orders {
                switch order {
                case .pass: told += 1
                case .hold: continue
                case .summary(let summary): told += summary.count
                }
            }
        }
        for _ in 0..<20_000 {
            now += numbers.once(in: 50) ? numbers.below(2000) : numbers.below(60)
            if numbers.once(in: 4) {
                count(storm.handle(.tick(Self.start + .seconds(now))))
            } else {
                sent += 1
                count(storm.handle(Self.failed(now, key: "\(numbers.below(3))")))
            }
        }
        count(storm.flush())
        #expect(told == sent)
    }

    @Test func theSummaryNamesCountTimeAndDatabases() {
        guard case .summary(let summary) = Self.summary(41, ["crm/a.db", "crm/b.db"], since: 3, last: 9, more: true)
        else { return }
        let notice = summary.notice(zone: Zones.berlin)
        #expect(notice.code == .failuresRepeated)
        #expect(
            notice.text
                == "41 more failures with backup-failed since 2026-11-22 13:00: crm/a.db, crm/b.db and others")
    }
}
