import Client
import Glibc
import HTTPServer
import Model
import Synchronization
import Testing
import Wire
import WireTestSupport

@Suite(.timeLimit(.minutes(10))) struct StreamTests {
    @Test func aFollowerGetsWhatWasAndThenWhatComes() async throws {
        try await withServer { socket, service in
            let seen = Mutex<[Int64]>([])
            try await DaemonClient(socket: socket).followMessages(MessageQuery(after: MessageID(1))) { message in
                let count = seen.withLock { seen in
                    seen.append(message.id.number)
                    return seen.count
                }
                if count == 2 { service.send(Samples.message(4)) }
                return count < 3
            }
            #expect(seen.withLock { $0 } == [2, 3, 4])
        }
    }

    @Test func aReconnectingReaderGoesOnAfterItsLastEvent() async throws {
        try await withServer { socket, service in
            let descriptor = try RawClient.send(
                socket, "GET /v1/messages?follow=1 HTTP/1.1\r\nhost: x\r\nlast-event-id: 2\r\n\r\n")
            defer { close(descriptor) }
            var text = ""
            while !text.contains("id: 3\nevent: message\ndata: {") {
                let part = try await RawClient.receive(descriptor)
                try #require(!part.isEmpty)
                text += part
            }
            #expect(text.lowercased().contains("content-type: text/event-stream"))
            #expect(text.contains("id: 2\nevent: position\n") && !text.contains("id: 2\nevent: message"))
            #expect(service.noted == ["messages after=2"])
        }
    }

    @Test func aRunIsFollowedToItsEnd() async throws {
        try await withServer { socket, _ in
            let states = Mutex<[RunState]>([])
            let run = try await DaemonClient(socket: socket).waitRun("run-1") { run in
                states.withLock { $0.append(run.state) }
            }
            #expect(run.state == .succeeded && run.backup == Samples.backupID)
            #expect(states.withLock { $0 } == [.waiting, .running, .succeeded])
        }
    }

    @Test func aDownloadArrivesByteForByte() async throws {
        try await withServer { socket, service in
            let bytes = Mutex<[UInt8]>([])
            let announced = Mutex<ByteCount?>(nil)
            try await DaemonClient(socket: socket).download(Samples.backupID) { length in
                announced.withLock { $0 = length }
            } write: { chunk in
                bytes.withLock { $0 += chunk }
            }
            #expect(announced.withLock { $0 } == ByteCount(64 << 16))
            let expected = (0..<64).flatMap { [UInt8](repeating: UInt8($0), count: 1 << 16) }
            #expect(bytes.withLock { $0 } == expected)
            #expect(service.downloadsClosed == 1)
        }
    }

    @Test func clientsThatDieInTheMiddleHurtNobody() async throws {
        try await withServer { socket, service in
            let requests = [
                "GET /v1/backups/\(Samples.backupID)/content HTTP/1.1\r\nhost: x\r\n\r\n",
                "GET /v1/messages?follow=1 HTTP/1.1\r\nhost: x\r\n\r\n",
                "POST /v1/backups HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{\"all\"",
                "GET /v1/stat", "\u{0}\u{1}garbage\r\n\r\n", "",
            ]
            for request in requests {
                for _ in 0..<5 {
                    let descriptor = try RawClient.send(socket, request)
                    var linger = linger(l_onoff: 1, l_linger: 0)
                    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
                    close(descriptor)
                }
            }
            #expect(try await DaemonClient(socket: socket).status() == Samples.status)
            for _ in 0..<500 where service.downloadsClosed < 1 { try await Task.sleep(for: .milliseconds(10)) }
        }
    }

    @Test func aStoppingDaemonEndsItsFollowers() async throws {
        let descriptor = Mutex<Int32>(-1)
        defer { close(descriptor.withLock { $0 }) }
        // Returns only when the server has ended, though its follower never leaves by itself.
        try await withServer { socket, service in
            let follower = try RawClient.send(socket, "GET /v1/messages?follow=1 HTTP/1.1\r\nhost: x\r\n\r\n")
            descriptor.withLock { $0 = follower }
            while service.followerCount < 1 { await Task.yield() }
        }
    }
}
