import Engines
import Model
import Operations
import Testing
import Wire

/// What doctor makes of a server's slots and certificate.
@Suite struct OutlookTests {
    private static let now = Instant(seconds: 1_795_341_600)

    private func symptoms(_ outlook: ServerOutlook, follows: Bool = true) -> [String] {
        outlook.symptoms(of: "main", follows: follows, ours: ["holdfast_1"], now: Self.now).map { symptom in
            #expect(symptom.verdict == .good || symptom.hint != nil)
            return "\(symptom.verdict) \(symptom.message)"
        }
    }

    private func slot(_ kept: Int, active: Bool = true, lost: Bool = false, limit: Int? = 10) -> ServerOutlook {
        var outlook = ServerOutlook()
        outlook.slots = [.init(name: "holdfast_1", isActive: active, kept: ByteCount(kept << 30), isLost: lost)]
        outlook.slotLimit = limit.map { ByteCount($0 << 30) }
        return outlook
    }

    @Test func theLagOfASlotIsToldBeforeItsLogIsLost() {
        #expect(symptoms(slot(1)) == ["good its log is received; 1.00 GiB wait"])
        #expect(
            symptoms(slot(6)) == ["problem 6.00 GiB of its log wait to be received; past 10.0 GiB they are lost"])
        #expect(symptoms(slot(1, active: false)) == ["warning its log is not received at present; 1.00 GiB wait"])
        #expect(symptoms(slot(1, lost: true))[0].hasPrefix("problem let go of log that was not received yet"))
        #expect(symptoms(slot(1, limit: nil)).last?.hasPrefix("warning keeps its log for slots without limit") == true)
        #expect(symptoms(ServerOutlook()).isEmpty)
    }

    @Test func aSlotThatNobodyUsesIsTold() {
        let left = "warning nobody uses replication slot holdfast_1, which keeps 1.00 GiB of its log"
        #expect(symptoms(slot(1, active: false), follows: false) == [left])
        #expect(symptoms(slot(1), follows: false).isEmpty)
    }

    @Test(
        arguments: [
            (-1, "problem its certificate /x.crt expired on 2026-11-21"),
            (5, "problem its certificate /x.crt expires on 2026-11-27, in 5 days"),
            (20, "warning its certificate /x.crt expires on 2026-12-12, in 20 days"),
            (40, "good its certificate is valid until 2027-01-01"),
            (nil, "warning the age of its certificate /x.crt can't be told"),
        ] as [(Int?, String)])
    func theAgeOfACertificateIsTold(days: Int?, told: String) {
        var outlook = ServerOutlook()
        outlook.certificate = "/x.crt"
        outlook.certificateExpires = days.map { Self.now + .seconds($0 * 86_400 + 60) }
        #expect(symptoms(outlook) == [told])
    }
}
