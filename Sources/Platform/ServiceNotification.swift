import Glibc

/// Tells systemd how the service is doing, by the protocol of sd_notify(3); does nothing elsewhere.
package enum ServiceNotification {
    package static func ready(status: String) { send("READY=1\nSTATUS=\(status)") }
    package static func status(_ text: String) { send("STATUS=\(text)") }
    package static func watchdog() { send("WATCHDOG=1") }
    package static func stopping() { send("STOPPING=1") }

    /// More time for what the service manager waits for now, its end or its start, counted from this call.
    package static func extendTimeout(by time: Duration) {
        send("EXTEND_TIMEOUT_USEC=\(time.components.seconds * 1_000_000)")
    }

    /// Whether somebody listens, as far as the environment says.
    package static var isHeard: Bool { getenv("NOTIFY_SOCKET") != nil }

    /// With `Type=notify-reload` semantics: send it when a reload starts and `ready` when it is done.
    package static func reloading() {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        send("RELOADING=1\nMONOTONIC_USEC=\(time.tv_sec * 1_000_000 + time.tv_nsec / 1000)")
    }

    /// How often systemd wants to hear `watchdog`; nil when it doesn't watch.
    package static var watchdogInterval: Duration? {
        guard let text = getenv("WATCHDOG_USEC").map({ String(cString: $0) }), let value = Int64(text), value > 0 else {
            return nil
        }
        return .microseconds(value)
    }

    private static func send(_ message: String) {
        guard let path = getenv("NOTIFY_SOCKET").map({ String(cString: $0) }), !path.isEmpty else { return }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var name = Array(path.utf8)
        if name.first == UInt8(ascii: "@") { name[0] = 0 }
        guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        var message = message
        _ = message.withUTF8 { text in
            withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    sendto(descriptor, text.baseAddress, text.count, Int32(MSG_NOSIGNAL), $0, length)
                }
            }
        }
    }
}
