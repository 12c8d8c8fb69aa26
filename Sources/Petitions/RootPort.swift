import Glibc
import Model
package import Platform
import Wire

/// Where the daemon asks the root helper: a Unix socket, one request a connection.
///
/// All calls block; each has a deadline.
package struct RootPort: Sendable, Equatable {
    /// Bytes of a request.
    package static let lineLimit = 1 << 20
    /// Bytes of an answer, in which each of many files may have many holders.
    private static let answerLimit = 16 << 20

    /// The socket's path.
    private let path: String
    private let margin: Duration

    /// - Parameter margin: what an answer may take longer than the work.
    package init(_ path: String, margin: Duration = .seconds(30)) {
        self.path = path
        self.margin = margin
    }

    /// Whether there is a helper that this process may ask.
    package var isThere: Bool { access(path, W_OK) == 0 }

    package func isActive(_ unit: String) throws -> Bool {
        let petition = Petition.unitState(unit: unit)
        guard case .state(let isActive) = try ask(petition) else { throw misunderstood(petition) }
        return isActive
    }

    /// - Parameter stop: asked several times a second; true ends the wait.
    package func stop(_ units: [String], within limit: Duration, stop: () -> Bool = { false }) throws {
        _ = try ask(.unitStop(units: units, seconds: whole(limit)), stop: stop)
    }

    package func start(_ units: [String], within limit: Duration) throws {
        _ = try ask(.unitStart(units: units, seconds: whole(limit)))
    }

    /// The processes that have these files open, this one left out; by path.
    /// - Parameter suffixes: of files that count as the same.
    package func holders(of paths: [String], suffixes: [String]) throws -> [NativePath: [FileHolder]] {
        var all: [NativePath: [FileHolder]] = [:]
        for batch in Self.batches(paths, size: \.utf8.count) {
            let petition = Petition.holders(paths: batch, suffixes: suffixes)
            guard case .holders(let found) = try ask(petition) else { throw misunderstood(petition) }
            for file in found { all[NativePath(file.path)] = file.holders }
        }
        return all
    }

    /// Gives restored files to whom they belonged, in order; what follows a fault stays as it is.
    package func own(_ entries: [Ownership]) throws {
        for batch in Self.batches(entries, size: { $0.path.utf8.count }) { _ = try ask(.own(entries: batch)) }
    }

    /// Runs a program; how it ended is no fault.
    ///
    /// - Parameter stop: asked several times a second; true makes it end, which is waited for.
    package func run(_ petition: Petition, stop: () -> Bool) throws -> ChildProcess.Result {
        guard case .ended(let result) = try ask(petition, stop: stop) else { throw misunderstood(petition) }
        return result
    }

    /// - Throws: what the helper answers; `helper-failed` when it doesn't.
    private func ask(_ petition: Petition, stop: () -> Bool = { false }) throws -> Answer {
        let answer: Answer
        do {
            guard let socket = try LineSocket.connect(path) else {
                throw Fault(.helperFailed, "nobody answers at \(path)")
            }
            try socket.send(WireCoding.encode(petition), within: .seconds(10))
            var isEnded = false
            let line = try socket.receive(limit: Self.answerLimit, within: petition.limit + petition.ending + margin) {
                guard !isEnded, stop() else { return }
                isEnded = true
                socket.end()
            }
            answer = try WireCoding.decode(Answer.self, from: line)
        } catch {
            throw failed(petition, Fault.wrapping(error))
        }
        if case .refused(let problem) = answer { throw problem.fault }
        return answer
    }

    private func failed(_ petition: Petition, _ fault: Fault) -> Fault {
        Fault(
            .helperFailed, "the root helper did not answer to \(petition.verb) \(SafeText.oneLine(petition.object))",
            hint: "see `journalctl -u 'holdfast-helper@*'` and `systemctl status holdfast-helper.socket`", cause: fault)
    }

    private func misunderstood(_ petition: Petition) -> Fault {
        failed(petition, Fault(.internalError, "the answer is one to something else"))
    }

    private func whole(_ limit: Duration) -> Int { max(1, Int(limit.components.seconds)) }

    /// So many at once that a line is long enough for them, whatever characters their paths have.
    static func batches<Item>(_ items: [Item], size: (Item) -> Int) -> [[Item]] {
        var batches: [[Item]] = []
        var (batch, bytes) = ([Item](), 0)
        for item in items {
            let more = 6 * size(item) + 100
            if bytes + more > lineLimit * 9 / 10 {
                batches.append(batch)
                (batch, bytes) = ([], 0)
            }
            batch.append(item)
            bytes += more
        }
        return batch.isEmpty ? batches : batches + [batch]
    }
}
