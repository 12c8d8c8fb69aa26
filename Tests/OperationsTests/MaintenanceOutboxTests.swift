import Catalog
import Model
import Operations
import Policies
import Testing

@Suite struct MaintenanceOutboxTests {
    private let texts = MaintenanceTexts(server: "main", zone: .utc)
    private let window = MaintenanceWindow(rule: .weekly, start: Instant(seconds: 1_795_341_600))

    private func codes(_ order: MaintenanceOrder) -> [Code] { texts.message(order).map { [$0.code] } ?? [] }

    @Test func everyNewsOfAWindowHasItsCode() {
        #expect(codes(.announce(window, startsIn: .seconds(3600))) == [.maintenanceAnnounced])
        #expect(codes(.withdraw(window)) == [.maintenanceWithdrawn])
        #expect(codes(.message(window, disconnectIn: .seconds(120))) == [.maintenanceStarted])
        #expect(codes(.reopenFailed(window, .timedOut)) == [.maintenanceStuck])
        #expect(codes(.skip(MaintenanceSkip(window, .missed))) == [.maintenanceSkipped])
        #expect(codes(.perform(.backup, number: 1, within: .seconds(1))) == [])
    }

    @Test func anAnnouncementSaysWhenAndHowToPreventIt() throws {
        let message = try #require(texts.message(.announce(window, startsIn: .seconds(3600))))
        #expect(
            message.text
                == "weekly maintenance of main begins at 2026-11-22 10:00:00, in 1h; clients are disconnected then")
        #expect(message.hint == "`holdfast maintenance disable main` keeps it from coming")
    }

    @Test func whatOnlyOpensWaitsForNoDisk() {
        var outbox = MaintenanceOutbox()
        outbox.add(
            [
                .perform(.backup, number: 3, within: .seconds(9)), .cancel(number: 3),
                .perform(.reopen, number: 4, within: .seconds(9)), .announce(window, startsIn: .seconds(60)),
            ], texts, by: .daemon)
        #expect(outbox.takeUrgent() == [.cancel(number: 3), .perform(.reopen, number: 4, within: .seconds(9))])
        // The cancelled step is never begun, and what is to be told still is.
        #expect(outbox.orders == [.announce(window, startsIn: .seconds(60))])
        #expect(outbox.messages.map(\.code) == [.maintenanceAnnounced])
        #expect(outbox.takeUrgent() == [])
    }

    @Test func theActorOfARequestIsOnRecord() {
        var outbox = MaintenanceOutbox()
        let actor = Actor.user(uid: 7, name: "carl")
        outbox.add([.message(window, disconnectIn: .zero)], texts, by: actor)
        #expect(outbox.messages.map(\.actor) == [actor])
    }
}
