import Glibc
import Model
import Petitions
import Platform
import Settings
import Wire

/// One connection of the root helper: a request read, checked against what root's settings allow, done, put on record and
/// answered.
package struct Session {
    private static let patience = Duration.seconds(10)
    /// Beyond what the work and its end may take.
    private static let lastPatience = Duration.seconds(60)

    private let socket: LineSocket
    private let peer: LineSocket.Peer
    private let invocation: Invocation

    /// The whole life of the process.
    /// - Returns: its exit status; a request that is refused is no failure of the service.
    package static func run(_ arguments: [String]) -> Int32 {
        do {
            let invocation = try Invocation(arguments)
            let socket = try LineSocket.standardInput()
            try Session(socket: socket, peer: socket.peer(), invocation: invocation).run()
            return 0
        } catch {
            let fault = Fault.wrapping(error)
            _ = StandardStream.write("holdfast-helper: \(fault)\n", to: 2)
            return fault.code.exitStatus
        }
    }

    private func run() throws {
        var petition: Petition?
        var answer: Answer
        do {
            let asked = try hear()
            petition = asked
            let grant = try self.grant(for: asked)
            // This process may be killed in the middle: that it was begun must be on record whatever happens.
            if asked.changes { record(asked, .begun) }
            Self.endAtLast(asked)
            answer = try grant.grant(asked)
            record(asked, .done(answer))
        } catch {
            let fault = Fault.wrapping(error)
            record(petition, .failed(fault))
            answer = .refused(problem: ProblemObject(fault))
        }
        // Who has gone needs no answer.
        try? socket.send(WireCoding.encode(answer), within: Self.patience)
    }

    /// Whatever hangs, this process doesn't outlive what was asked: the kernel ends it, and systemd notes that. Requests of an
    /// unsuitable length are refused at once.
    private static func endAtLast(_ petition: Petition) {
        let patience = (petition.limit + petition.ending + lastPatience).components.seconds
        alarm(UInt32(clamping: max(1, patience)))
    }

    /// Nobody else's request is even read.
    private func hear() throws -> Petition {
        guard try peer.uid == invocation.userID() || peer.uid == 0 else {
            throw Fault(
                .rightRefused, "user \(peer.uid) may not ask the root helper",
                hint: "only the daemon's user \(invocation.user) may")
        }
        return try Self.petition(in: socket.receive(limit: RootPort.lineLimit, within: Self.patience))
    }

    private func grant(for petition: Petition) throws -> Grant {
        let stopped = StoppedUnits(folder: invocation.state)
        let socket = socket
        return Grant(
            settings: try settings(for: petition, stopped), stopped: stopped, user: try invocation.userID(), peer: peer,
            isAbandoned: { socket.isEnded }, isDropped: { socket.isEnded && !socket.isGone })
    }

    /// Root's, or the defaults when these are bad meanwhile, or others could change them, and all that is asked is to start what
    /// we have stopped.
    private func settings(for petition: Petition, _ stopped: StoppedUnits) throws -> DaemonSettings {
        do {
            return try TrustedSettings.load(invocation.settings)
        } catch {
            let units: [String] =
                switch petition {
                case .unitState(let unit): [unit]
                case .unitStart(let units, _): units
                default: []
                }
            guard stopped.holds(units), let defaults = SettingsFiles.defaults else { throw error }
            return defaults
        }
    }

    private static func petition(in line: [UInt8]) throws -> Petition {
        // No path, unit or argument has one; behind it C would see nothing. By bytes: to Swift, a zero that a combining mark
        // follows is another character.
        guard !line.contains(0), line.firstRange(of: Array("\\u0000".utf8)) == nil else {
            throw garbage("it holds a NUL character")
        }
        do {
            return try WireCoding.decode(Petition.self, from: line)
        } catch {
            if let verb = Petition.strangeVerb(in: line) { throw garbage("it has no verb \(SafeText.oneLine(verb))") }
            throw garbage(Fault.wrapping(error).message)
        }
    }

    private static func garbage(_ why: String) -> Fault {
        Fault(
            .wrongUsage, "the root helper does not understand the request: \(why)",
            hint: "daemon and helper must be of one release: restart holdfastd after an upgrade")
    }

    private func record(_ petition: Petition?, _ outcome: Record.Outcome) {
        Record(petition: petition, peer: peer, outcome: outcome).write(to: invocation.journal)
    }
}
