import Glibc
import Model
import Platform
import Testing

/// A process killed at any step of a durable write leaves the old content or the new one.
@Suite(.folder) struct KillPointTests {
    private var path: String { "\(Fixture.folder)/record" }

    @Test func everyStepOfADurableWriteLeavesOldOrNew() async throws {
        let steps = try await countSteps()
        #expect(steps >= 10)
        var sawOld = 0
        var sawNew = 0
        for step in 1...steps {
            try Files.writeDurably(bytes("old content"), to: path, mode: 0o600)
            await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, step = step as Int] in
                setenv("HOLDFAST_KILL_AT", "\(step)", 1)
                try Files.writeDurably(Array("new content".utf8), to: path, mode: 0o600)
                exit(0)
            }
            switch try text(path) {
            case "old content": sawOld += 1
            case "new content": sawNew += 1
            case let other: Issue.record("killed at step \(step) it held \(other)")
            }
            for name in try Files.list(Fixture.folder) where name.hasPrefix(".tmp-") {
                try Files.remove("\(Fixture.folder)/\(name)")
            }
        }
        #expect(sawOld > 0 && sawNew > 0)
    }

    @Test func everyStepOfAFirstWriteLeavesNothingOrAll() async throws {
        for step in 1...(try await countSteps()) {
            try? Files.remove(path)
            await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, step = step as Int] in
                setenv("HOLDFAST_KILL_AT", "\(step)", 1)
                try Files.writeDurably(Array("new content".utf8), to: path, mode: 0o600, replacing: false)
                exit(0)
            }
            if Files.exists(path) { #expect(try text(path) == "new content") }
        }
    }

    @Test func everyMutatingCallPassesBeforeAndAfter() async throws {
        let log = "\(Fixture.folder)/log"
        await #expect(processExitsWith: .success) { [folder = Fixture.folder as String, log = log as String] in
            setenv("HOLDFAST_KILL_LOG", log, 1)
            let file = try File.create("\(folder)/a", mode: 0o600)
            try Array("x".utf8).withUnsafeBytes { try file.write($0, at: 0) }
            try file.truncate(to: 0)
            try file.sync()
            try Files.rename("\(folder)/a", to: "\(folder)/b", replacing: false)
            try Files.link("\(folder)/b", to: "\(folder)/c")
            try Files.remove("\(folder)/b")
            try Files.makeDirectory("\(folder)/d", mode: 0o700)
            try Files.syncDirectory("\(folder)/d")
            try Files.removeDirectory("\(folder)/d")
            exit(0)
        }
        let lines = try text(log).split(separator: "\n").map { $0.split(separator: " ") }
        #expect(lines.map { String($0[0]) } == (1...20).map(String.init))
        let calls = lines.map { String($0[1]) }
        #expect(
            stride(from: 0, to: 20, by: 2).map { calls[$0] } == [
                "create", "write", "truncate", "sync", "rename", "link", "unlink", "mkdir", "sync", "rmdir",
            ])
    }

    private func countSteps() async throws -> Int {
        let log = "\(Fixture.folder)/log"
        await #expect(processExitsWith: .success) { [path = "\(path)-counted" as String, log = log as String] in
            setenv("HOLDFAST_KILL_LOG", log, 1)
            try Files.writeDurably(Array("new content".utf8), to: path, mode: 0o600)
            exit(0)
        }
        defer { try? Files.remove(log) }
        return try text(log).split(separator: "\n").count
    }
}
