import Model
import Petitions
import Platform

/// What the journal keeps of a request: who asked for what, and what came of it.
struct Record {
    enum Outcome {
        case begun
        case done(Answer)
        case failed(Fault)
    }

    private static let patienceSeconds = 5

    let petition: Petition?
    let peer: LineSocket.Peer
    let outcome: Outcome

    /// On standard error, which systemd keeps as well, where there is no journal or it takes nothing.
    func write(to journal: String) {
        do {
            let socket = try DatagramSocket(patienceSeconds: Self.patienceSeconds)
            if try socket.send(JournalEntry.encode(fields), to: journal) { return }
        } catch {
            // What counts is that the record is kept; where is the same.
        }
        _ = StandardStream.write("\(text)\n", to: 2)
    }

    private var fields: [(String, String?)] {
        [
            ("MESSAGE", text), ("MESSAGE_ID", code.journalID), ("PRIORITY", isGood ? "5" : "4"),
            ("SYSLOG_IDENTIFIER", "holdfast-helper"), ("HOLDFAST_CODE", code.rawValue),
            ("HOLDFAST_VERB", petition?.verb), ("HOLDFAST_OBJECT", petition?.object),
            ("HOLDFAST_PEER_PID", "\(peer.processID)"), ("HOLDFAST_PEER_UID", "\(peer.uid)"),
            ("HOLDFAST_OUTCOME", outcomeText), ("HOLDFAST_HINT", fault?.hint),
        ]
    }

    private var text: String {
        let what = petition.map { "\($0.verb) \($0.object)" } ?? "a request"
        return SafeText.oneLine("\(what), asked by pid \(peer.processID) of uid \(peer.uid): \(outcomeText)")
    }

    private var outcomeText: String {
        switch outcome {
        case .begun: "begun"
        case .done(.ended(let how)):
            "done: it \(how.ending)\(how.stop == .deadline ? " at its deadline" : how.stop == nil ? "" : " on request")"
        case .done: "done"
        case .failed(let fault): "\(isRefused ? "refused" : "failed"): \(fault)"
        }
    }

    private var fault: Fault? {
        guard case .failed(let fault) = outcome else { return nil }
        return fault
    }

    private var isGood: Bool { fault == nil }
    private var code: Code { isRefused ? .rightRefused : .rightUsed }

    /// Nothing was done: for want of a right, of trust in a file, or of sense in the request.
    private var isRefused: Bool {
        guard let fault else { return false }
        return petition == nil || [.rightRefused, .commandRefused].contains(fault.code)
    }
}
