import CLinux
import Glibc
package import Model

/// The time of day; it may be set back or forth at any moment.
package enum WallClock {
    package static func now() -> Instant {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    /// Whether something keeps it in step with the world; nil where the kernel doesn't say.
    package static var isSynchronised: Bool? {
        let answer = holdfast_clock_is_synchronised()
        return answer < 0 ? nil : answer == 1
    }
}

/// Time since the machine started, suspended time included; nobody can set it.
package enum BootClock {
    package static func now() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// Changes with every start of the machine.
    package static let bootID: String = {
        let bytes = (try? Files.read("/proc/sys/kernel/random/boot_id", limit: 64)) ?? []
        return String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
    }()
}

/// The time of a core that the calling thread has had.
package enum ThreadClock {
    package static func now() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

/// The zone of this process: `TZ`, else the system's.
package enum LocalZone {
    /// Seconds east of UTC at `instant`.
    package static func offsetSeconds(at instant: Instant) -> Int {
        var seconds = time_t(instant.seconds)
        var local = tm()
        return localtime_r(&seconds, &local) == nil ? 0 : Int(local.tm_gmtoff)
    }

    /// What clocks here show at `instant`, to the second, with the offset: `2026-11-22 10:00:05 +01:00`.
    package static func text(_ instant: Instant) -> String {
        let text = instant.rfc3339(offsetSeconds: offsetSeconds(at: instant))
        let offset = text.hasSuffix("Z") ? "UTC" : String(text.suffix(6))
        return "\(text.prefix(19).replacing("T", with: " ")) \(offset)"
    }

    /// The IANA name of the system's zone, as /etc/localtime or /etc/timezone tells; `UTC` when neither does.
    package static var name: String {
        if let zone = getenv("TZ").map({ String(cString: $0) }), !zone.isEmpty {
            return zone.first == ":" ? String(zone.dropFirst()) : zone
        }
        if let path = Files.realPath("/etc/localtime"), let range = path.firstRange(of: "zoneinfo/") {
            return String(path[range.upperBound...])
        }
        let text = (try? Files.read("/etc/timezone", limit: 256)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let name = text.filter { !$0.isWhitespace }
        return name.isEmpty ? "UTC" : name
    }

    /// Takes in a change of the system's zone.
    package static func refresh() { tzset() }

    /// Makes `name` (an IANA name) the zone of this process; nil keeps the system's. Call it before threads start.
    package static func use(_ name: String?) {
        if let name { setenv("TZ", ":\(name)", 1) }
        tzset()
    }
}
