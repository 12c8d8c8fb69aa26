import Foundation
import Glibc
import Model
import Platform
import Testing

/// Real processes. A shell is started here only to have something that prints, waits and leaves processes behind.
@Suite(.folder) struct ChildProcessTests {
    private let shell = "/bin/sh"

    private func script(_ text: String, deadline: Duration = .seconds(60), grace: Duration = .seconds(10))
        -> ChildProcess
    {
        ChildProcess(
            shell, ["-c", text], environment: ["PATH": "/usr/bin:/bin", "HOLDFAST_RUN": "7"], deadline: deadline,
            grace: grace)
    }

    @Test func seesNothingOfThisProcess() async throws {
        setenv("HOLDFAST_TEST_SECRET", "x", 1)
        defer { unsetenv("HOLDFAST_TEST_SECRET") }
        let open = try put([1], "\(Fixture.folder)/open")
        let unmarked = dup(open.descriptor)
        defer { close(unmarked) }
        #expect(fcntl(unmarked, F_GETFD) == 0)
        // `env` and `ls` themselves: what a shell would add isn't counted.
        let environment = try await ChildProcess(
            "/usr/bin/env", environment: ["PATH": "/bin", "HOLDFAST_RUN": "7"], deadline: .seconds(60)
        ).run()
        #expect(Set(environment.output.split(separator: " / ")) == ["PATH=/bin", "HOLDFAST_RUN=7"])
        let descriptors = try await ChildProcess("/bin/ls", ["/proc/self/fd"], deadline: .seconds(60)).run()
        // Three, and the one by which `ls` reads the folder.
        #expect(descriptors.output == "0 / 1 / 2 / 3")
        let surroundings = try await script("pwd; readlink /proc/self/fd/0; ps -o pid=,pgid=,sid= $$ | tr -s ' '").run()
        let lines = surroundings.output.split(separator: " / ").map(String.init)
        #expect(lines.prefix(2) == ["/", "/dev/null"])
        let numbers = Set((lines.last ?? "").split(separator: " "))
        #expect(numbers.count == 1, "pid, group and session differ: \(lines)")
    }

    @Test(arguments: [0, 1, 3, 255]) func tellsTheExitStatus(_ status: Int32) async throws {
        #expect(try await script("exit \(status)").run().ending == .exited(status))
    }

    @Test func tellsTheSignal() async throws {
        let result = try await script("kill -SEGV $$").run()
        #expect(result.ending == .signalled(SIGSEGV))
        #expect(result.ending.description.hasPrefix("was ended by signal 11 ("))
        #expect(result.stop == nil)
    }

    @Test func keepsTheEndOfWhatWasPrintedOnBothStreams() async throws {
        let long = try await script("seq 1 200000; echo last >&2").run()
        #expect(long.output.utf8.count <= 3 * 4096)
        #expect(long.output.hasPrefix("…"))
        #expect(long.output.hasSuffix("199999 / 200000 / last"))
        let short = try await script("printf 'out\\n'; printf 'err\\033[2J\\n' >&2").run()
        #expect(short.output == "out / err\u{FFFD}[2J")
    }

    @Test func printsIntoAFile() async throws {
        let file = try put([1, 2, 3, 4], "\(Fixture.folder)/printed")
        var child = script("head -c 300000 /dev/zero; echo told >&2")
        child.output = try File.open("\(Fixture.folder)/printed", .readWrite)
        let result = try await child.run()
        #expect(result.output == "told")
        #expect(try file.status().size == 300_000)
    }

    @Test func argumentsArePassedOnAsTheyAre() async throws {
        let words = ["a b", "$HOME", "; exit 9", "*", "ü"]
        let result = try await ChildProcess("/usr/bin/printf", ["%s\n"] + words, deadline: .seconds(60)).run()
        #expect(result.output == words.joined(separator: " / "))
    }

    /// Waits until no process holds the lock that `flock` took: the kernel lets it go with the last one that has it.
    private func waitUntilFree(_ path: String) throws {
        let file = try File.open(path, .readWrite)
        let clock = ContinuousClock()
        let end = clock.now + .seconds(20)
        while flock(file.descriptor, LOCK_EX | LOCK_NB) != 0 {
            try #require(clock.now < end, "a process still holds \(path)")
            sched_yield()
        }
    }

    @Test func theDeadlineEndsGrandchildrenThatIgnoreTheSignal() async throws {
        let lock = "\(Fixture.folder)/lock"
        try put([1], lock)
        // Both ignore SIGTERM; the grandchild holds the lock as long as it lives.
        let result = try await script(
            "trap '' TERM; (flock -x 9; echo locked; exec sleep 1000) 9<>\(lock) & wait; sleep 1000",
            deadline: .milliseconds(700), grace: .milliseconds(300)
        ).run()
        #expect(result.stop == .deadline)
        #expect(result.ending == .signalled(SIGKILL))
        #expect(result.output == "locked")
        try waitUntilFree(lock)
    }

    @Test func nothingThatAProgramLeavesBehindOutlivesItsRun() async throws {
        let lock = "\(Fixture.folder)/lock"
        try put([1], lock)
        let result = try await script(
            "trap '' TERM; (flock -x 9; echo locked >&3; exec sleep 1000) 3>\(Fixture.folder)/ready 9<>\(lock) & "
                + "while ! test -s \(Fixture.folder)/ready; do :; done; echo done"
        ).run()
        #expect(result.ending == .exited(0) && result.stop == nil)
        #expect(result.output == "done")
        try waitUntilFree(lock)
    }

    @Test func endsInItsOwnWayWhenAskedTo() async throws {
        let ready = "\(Fixture.folder)/ready"
        let result = try await script("trap 'echo bye; exit 4' TERM; echo x > \(ready); while :; do sleep 0.01; done")
            .run(stop: { Files.exists(ready) })
        #expect(result.ending == .exited(4) && result.stop == .request)
        #expect(result.output.hasSuffix("bye"))
    }

    @Test func whatCannotBeStartedIsAFault() async throws {
        let missing = await #expect(throws: Fault.self) {
            try await ChildProcess("/nonexistent", deadline: .seconds(1)).run()
        }
        #expect(missing?.code == .notFound)
        let text = "\(Fixture.folder)/text"
        try put(bytes("no program\n"), text, mode: 0o755)
        let refused = await #expect(throws: Fault.self) {
            try await ChildProcess(text, deadline: .seconds(1)).run()
        }
        #expect(refused?.code == .inputOutput)
        #expect(refused?.message.contains("cannot start \(text)") == true)
    }
}
