import Glibc
import Model
import Platform
import Testing

@Suite(.folder) struct ServiceNotificationTests {
    @Test func systemdHearsReadinessReloadAndWatchdog() async throws {
        let path = "\(Fixture.folder)/notify"
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
        await #expect(processExitsWith: .success) { [path = path as String] in
            setenv("NOTIFY_SOCKET", path, 1)
            setenv("WATCHDOG_USEC", "30000000", 1)
            guard ServiceNotification.watchdogInterval == .seconds(30) else { exit(10) }
            ServiceNotification.ready(status: "serving")
            ServiceNotification.watchdog()
            ServiceNotification.reloading()
            ServiceNotification.stopping()
            ServiceNotification.extendTimeout(by: .seconds(90))
            exit(0)
        }
        var messages: [String] = []
        var buffer = [UInt8](repeating: 0, count: 1024)
        while case let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT)), count > 0 {
            messages.append(String(decoding: buffer[..<count], as: UTF8.self))
        }
        try #require(messages.count == 5)
        #expect(messages[0] == "READY=1\nSTATUS=serving")
        #expect(messages[1] == "WATCHDOG=1")
        #expect(messages[2].hasPrefix("RELOADING=1\nMONOTONIC_USEC="))
        #expect(messages[3] == "STOPPING=1")
        #expect(messages[4] == "EXTEND_TIMEOUT_USEC=90000000")
    }

    @Test func saysNothingWithoutAListener() async {
        await #expect(processExitsWith: .success) {
            unsetenv("NOTIFY_SOCKET")
            ServiceNotification.ready(status: "x")
            setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1)
            ServiceNotification.watchdog()
            setenv("WATCHDOG_USEC", "none", 1)
            exit(ServiceNotification.watchdogInterval == nil ? 0 : 10)
        }
    }
}
