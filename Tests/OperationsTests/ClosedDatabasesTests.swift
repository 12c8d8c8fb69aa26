import Dispatch
import EnginesTestSupport
import Model
import Operations
import Platform
import Synchronization
import Testing

@Suite(.offThePool) struct ClosedDatabasesTests {
    @Test func aServerThatHangsKeepsNoOtherServersDatabasesFromBeingHeld() throws {
        let root = try TestFolder()
        let closed = ClosedDatabases(root("closed"))
        for server in ["hanging", "well"] {
            try closed.add(
                ClosedDatabases.Record(
                    id: .random(), name: DatabaseName(server: server, path: "crm"), server: server, plan: server,
                    since: WallClock.now(), actor: .daemon))
        }
        let (hangs, letGo) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let rounds = DispatchSemaphore(value: 0)
        defer {
            closed.stop()
            letGo.signal()
        }
        closed.holdAll { record in
            if record.server == "hanging" {
                hangs.signal()
                letGo.wait()
            } else {
                rounds.signal()
            }
        } failed: { _ in
        }
        #expect(hangs.wait(timeout: .now() + 20) == .success)
        for _ in 0..<3 { #expect(rounds.wait(timeout: .now() + 20) == .success, "nobody looks after the other") }
    }
}
