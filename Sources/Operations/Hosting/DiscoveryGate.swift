import Foundation
import Model
import Platform

/// Lets one look at a server happen at a time, so that an older finding never comes after a newer one, and no threads pile
/// up behind a server that hangs.
///
/// All state is behind the condition's lock.
final class DiscoveryGate: @unchecked Sendable {
    private let condition = NSCondition()
    /// Since when each server is being looked at, by the boot clock, and whether that was found too long.
    private var looks: [String: (since: Duration, isTold: Bool)] = [:]

    /// - Returns: false when another look at the server was not over within `patience`.
    func enter(_ server: String, patience: Duration) -> Bool {
        let deadline = Date(timeIntervalSinceNow: patience.inSeconds)
        condition.lock()
        defer { condition.unlock() }
        while looks[server] != nil {
            if !condition.wait(until: deadline), looks[server] != nil { return false }
        }
        looks[server] = (BootClock.now(), false)
        return true
    }

    func leave(_ server: String) {
        condition.lock()
        defer { condition.unlock() }
        looks[server] = nil
        condition.broadcast()
    }

    /// Servers whose look has taken longer than `limit`; each look is named once.
    func hanging(longerThan limit: Duration) -> [String] {
        condition.lock()
        defer { condition.unlock() }
        let now = BootClock.now()
        let late = looks.filter { !$0.value.isTold && now - $0.value.since > limit }.map(\.key)
        for server in late { looks[server]?.isTold = true }
        return late.sorted()
    }
}
