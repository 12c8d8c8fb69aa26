import Glibc
import Model
import Petitions
import Platform
import Testing
import Wire

/// The real root helper, process by process: whom it hears, what it trusts, and what it refuses.
@Suite(.enabled(if: geteuid() == 0, "the helper is root's"))
struct RootHelperTests {
    @Test func stopsAndStartsTheUnitsThatTheSettingsName() throws {
        let helper = try RootHelper()
        #expect(try helper.port.isActive("crm.service"))
        try helper.port.stop(["crm.service", "web.service"], within: .seconds(60))
        #expect(try !helper.port.isActive("crm.service"))
        try helper.port.start(["crm.service"], within: .seconds(60))
        #expect(
            helper.units.calls == [
                "is-active --quiet -- crm.service", "stop -- crm.service web.service",
                "is-active --quiet -- crm.service", "start -- crm.service",
            ])
        #expect(try helper.record()["HOLDFAST_VERB"] == "unit-state")
        // A helper that is killed in the middle leaves this one.
        #expect(try helper.record()["HOLDFAST_OUTCOME"] == "begun")
        let record = try helper.record()
        #expect(record["HOLDFAST_VERB"] == "unit-stop" && record["HOLDFAST_OBJECT"] == "crm.service web.service")
        #expect(record["HOLDFAST_OUTCOME"] == "done" && record["MESSAGE_ID"] == Code.rightUsed.journalID)
        #expect(record["HOLDFAST_PEER_PID"] == "\(getpid())" && record["HOLDFAST_PEER_UID"] == "0")
        #expect(record["HOLDFAST_CODE"] == "right-used")
    }

    @Test func whatItStoppedItStartsAgainWhateverTheSettingsSayByThen() throws {
        let helper = try RootHelper()
        try helper.port.stop(["crm.service"], within: .seconds(60))
        try Files.writeDurably(Array("typo =".utf8), to: helper.settings, mode: 0o640)
        #expect(failure { try helper.port.start(["web.service"], within: .seconds(60)) }?.code == .badSettings)
        #expect(failure { try helper.port.stop(["crm.service"], within: .seconds(60)) }?.code == .badSettings)
        let lines = ["[maintenance]", "systemctl = \"\(helper.units.program)\""]
        try Files.writeDurably(Array(lines.joined(separator: "\n").utf8), to: helper.settings, mode: 0o640)
        #expect(failure { try helper.port.start(["web.service"], within: .seconds(60)) }?.code == .rightRefused)
        try helper.port.start(["crm.service"], within: .seconds(60))
        #expect(helper.units.calls.last == "start -- crm.service")
        #expect(failure { try helper.port.start(["crm.service"], within: .seconds(60)) }?.code == .rightRefused)
    }

    @Test func aUnitThatRefusesIsToldWithItsReason() throws {
        let helper = try RootHelper()
        try helper.units.refuse("stop", "crm.service")
        let told = try #require(failure { try helper.port.stop(["crm.service"], within: .seconds(60)) })
        #expect(told.code == .commandFailed && told.message.contains("crm.service"), "\(told)")
        #expect(try helper.record()["HOLDFAST_OUTCOME"] == "begun")
        #expect(try helper.record()["HOLDFAST_OUTCOME"]?.hasPrefix("failed: ") == true)
    }

    @Test(arguments: [["sshd.service"], ["crm.service", "sshd.service"], ["crm"], ["--all"], [""], []])
    func refusesUnitsThatNoServerNames(_ units: [String]) throws {
        let helper = try RootHelper()
        #expect(failure { try helper.port.stop(units, within: .seconds(60)) }?.code == .rightRefused)
        #expect(failure { try helper.port.start(units, within: .seconds(60)) }?.code == .rightRefused)
        if let first = units.first, first != "crm.service" {
            #expect(failure { try helper.port.isActive(first) }?.code == .rightRefused)
        }
        #expect(helper.units.calls == [])
        #expect(try helper.record()["HOLDFAST_OUTCOME"] == "begun")
        let record = try helper.record()
        #expect(record["HOLDFAST_OUTCOME"]?.hasPrefix("refused: ") == true, "\(record)")
        #expect(record["MESSAGE_ID"] == Code.rightRefused.journalID && record["PRIORITY"] == "4")
    }

    @Test(.enabled(if: Programs.ofSystem("setpriv") != nil && Programs.ofSystem("perl") != nil))
    func hearsNobodyButTheDaemonAndRoot() async throws {
        let helper = try RootHelper()
        let line = try WireCoding.text(Petition.unitStop(units: ["crm.service"], seconds: 60))
        let asking = """
            use IO::Socket::UNIX; my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die; $s->autoflush(1);
            print $s "$ARGV[1]\\n"; print scalar <$s>
            """
        func ask(as user: UInt32) async throws -> Answer {
            let words = ["--reuid=\(user)", "--regid=\(user)", "--clear-groups", "perl", "-e", asking]
            let output = try await helper.place.run(
                Programs.ofSystem("setpriv") ?? "", words + [helper.socket, line])
            return try WireCoding.decode(Answer.self, from: output.text.utf8)
        }
        guard case .refused(let problem) = try await ask(as: 65534) else { throw Unexpected("it was not refused") }
        #expect(problem.code == .rightRefused && helper.units.calls == [])
        let record = try helper.record()
        #expect(record["HOLDFAST_PEER_UID"] == "65534" && record["HOLDFAST_VERB"] == nil, "\(record)")
        #expect(record["HOLDFAST_OUTCOME"]?.hasPrefix("refused: ") == true)
        #expect(try await ask(as: RootHelper.user) == .done)
        #expect(helper.units.calls == ["stop -- crm.service"])
    }

    @Test(arguments: [
        "", "{}", "[]", "unit-stop", #"{"unit-stop":{}}"#, #"{"unit-stop":{"units":"crm.service","seconds":60}}"#,
        #"{"unit-remove":{"units":["crm.service"]}}"#, #"{"unit-state":{"unit":"crm.service\u0000"}}"#,
        #"{"unit-state":{"unit":"crm.service"},"unit-stop":{"units":["crm.service"],"seconds":60}}"#,
        "{\"unit-state\":{\"unit\":\"crm.service\"}}\n{\"unit-state\":{\"unit\":\"crm.service\"}}",
    ])
    func refusesWhatItDoesNotUnderstand(_ line: String) throws {
        let helper = try RootHelper()
        guard case .refused(let problem) = try helper.ask(raw: Array(line.utf8)) else {
            throw Unexpected("it was not refused")
        }
        #expect(problem.code == .wrongUsage && helper.units.calls == [])
        #expect(try helper.record()["HOLDFAST_OUTCOME"]?.hasPrefix("refused: ") == true)
    }

    /// While a package is upgraded, daemon and helper are of two releases.
    @Test func takesFieldsThatItDoesNotKnowAndNamesAVerbThatItDoesNotKnow() throws {
        let helper = try RootHelper()
        let later = #"{"unit-state":{"unit":"crm.service","reason":{"of":["a","later"]},"release":9}}"#
        #expect(try helper.ask(raw: Array(later.utf8)) == .state(isActive: true))
        guard case .refused(let problem) = try helper.ask(raw: Array(#"{"unit-mask":{"unit":"a"}}"#.utf8)) else {
            throw Unexpected("it was not refused")
        }
        #expect(problem.message.contains("no verb unit-mask"), "\(problem)")
        #expect(problem.hint?.contains("restart holdfastd") == true)
    }

    @Test func refusesALineThatIsTooLong() throws {
        let helper = try RootHelper()
        guard let socket = try LineSocket.connect(helper.socket) else { throw Unexpected("no helper") }
        // It may be told so before it has sent all.
        _ = failure { try socket.send([UInt8](repeating: 0x20, count: 2 << 20), within: .seconds(20)) }
        let answer = try WireCoding.decode(Answer.self, from: socket.receive(limit: 1 << 20, within: .seconds(20)))
        guard case .refused(let problem) = answer else { throw Unexpected("\(answer)") }
        #expect(problem.code == .wrongUsage && problem.message.contains("longer than"), "\(problem)")
    }

    @Test(arguments: [0, -1, Int.max / 2]) func refusesAnUnsuitableTime(_ seconds: Int) throws {
        let helper = try RootHelper()
        guard case .refused(let problem) = try helper.ask(.unitStop(units: ["crm.service"], seconds: seconds)) else {
            throw Unexpected("it was not refused")
        }
        #expect(problem.code == .rightRefused && helper.units.calls == [])
    }

    @Test func trustsOnlySettingsThatRootAloneCanChange() throws {
        let helper = try RootHelper()
        let additions = "\(helper.units.folder)/conf.d"
        try Files.makeDirectory(additions, mode: 0o755)
        let more = "\(additions)/more.toml"
        try Files.writeDurably([], to: more, mode: 0o644)
        #expect(try helper.port.isActive("crm.service"))
        func refusal() -> Fault? { failure { try helper.port.isActive("crm.service") } }
        for (path, mode) in [(helper.settings, UInt32(0o666)), (more, 0o664), (additions, 0o777)] {
            let before = try #require(try Files.status(path)).mode
            try Files.setMode(path, mode)
            #expect(refusal()?.code == .commandRefused, "\(path)")
            #expect(refusal()?.message.contains(path) == true)
            try Files.setMode(path, before)
        }
        try Files.setOwner(more, uid: RootHelper.user)
        #expect(refusal()?.message.contains("\(more) belongs to daemon") == true)
        try Files.setOwner(more, uid: 0)
        try Files.writeDurably(Array("units = 5\n".utf8), to: more, mode: 0o644)
        #expect(refusal()?.code == .badSettings)
    }

    @Test func aHelperThatDoesNotAnswerIsNamedWithWhatWasAsked() throws {
        let helper = try RootHelper()
        try Files.writeDurably(Array("#!/bin/sh\nexec sleep 1000\n".utf8), to: helper.units.program, mode: 0o755)
        let impatient = RootPort(helper.socket, margin: .milliseconds(-500))
        let late = try #require(failure { try impatient.stop(["crm.service"], within: .seconds(1)) })
        #expect(late.code == .helperFailed && late.message.hasSuffix("unit-stop crm.service"), "\(late)")
        #expect(late.hint?.contains("holdfast-helper") == true && late.cause?.contains("in time") == true)
        let nowhere = RootPort("\(helper.place.path)/none")
        #expect(!nowhere.isThere && failure { try nowhere.isActive("crm.service") }?.code == .helperFailed)
    }
}
