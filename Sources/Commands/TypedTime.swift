internal import Client
internal import Foundation
internal import Model
internal import Platform
internal import Policies
internal import Wire

/// Times as people type them, by the clocks of the daemon's zone.
struct TypedTime {
    private let zone: ZoneOffset
    private let now: Instant

    /// - Parameter zone: an IANA name; nil or an unknown one means this process's zone.
    init(zone: String?, now: Instant = WallClock.now()) {
        self.now = now
        if let zone, let known = TimeZone(identifier: zone) {
            self.zone = { known.secondsFromGMT(for: Date(timeIntervalSince1970: Double($0.seconds))) }
        } else {
            self.zone = { LocalZone.offsetSeconds(at: $0) }
        }
    }

    /// What is typed for a daemon, whose zone it is asked for when something is; nil for nothing.
    static func instant(_ text: String?, _ client: DaemonClient) async throws -> Instant? {
        guard let text else { return nil }
        return try TypedTime(zone: try await client.identity().timeZone).read(text)
    }

    /// - Throws: `wrong-usage`, with examples.
    func read(_ text: String) throws -> Instant {
        try HumanTime.parse(text.trimmingCharacters(in: .whitespaces), now: now, zone: zone)
    }

    /// A time that has been.
    /// - Throws: `wrong-usage`.
    func readPast(_ text: String) throws -> Instant {
        let instant = try read(text)
        guard instant <= now else {
            let time = now.rfc3339(offsetSeconds: zone(now))
            throw Fault(.wrongUsage, "the time `\(text)` is in the future", hint: "it is \(time) now")
        }
        return instant
    }
}
