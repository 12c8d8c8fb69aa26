import Model
import Petitions
import Platform
import Wire

/// What the journal keeps of a request: who asked for what, and what came of it.
///
/// `HOLDFAST_REQUEST` is the request as JSON, with all paths, owners, modes and arguments. What changes something is on
/// record whole before it is done, in as many entries as that takes; what only looks and what is refused is cut to one.
struct Record {
    enum Outcome {
        case begun
        case done(Answer)
        case failed(Fault)
    }

    private static let patienceSeconds = 5
    /// Bytes of a request that one entry holds.
    static let partSize = 64 << 10

    let petition: Petition?
    let peer: LineSocket.Peer
    let outcome: Outcome

    /// On standard error, which systemd keeps as well, where there is no journal or it takes nothing.
    func write(to journal: String) {
        let parts = request
        for (index, part) in (isWhole ? parts[...] : parts.prefix(1)).enumerated() {
            let place = (isWhole ? "HOLDFAST_PART" : "HOLDFAST_CUT", place(index, parts))
            guard !Self.send(fields + [("HOLDFAST_REQUEST", part), place], to: journal) else { continue }
            _ = StandardStream.write("\(text) \(part ?? "")\n", to: 2)
        }
    }

    /// What counts is that the record is kept; where is the same.
    private static func send(_ fields: [(String, String?)], to journal: String) -> Bool {
        do {
            return try DatagramSocket(patienceSeconds: patienceSeconds).send(JournalEntry.encode(fields), to: journal)
        } catch { return false }
    }

    private var isWhole: Bool {
        if case .begun = outcome { return true }
        return false
    }

    /// What is asked, in parts that one entry holds; what came of a change follows the entries that have it.
    private var request: [String?] {
        guard let petition, !(petition.changes && isGood && !isWhole) else { return [nil] }
        return (try? WireCoding.text(petition))?.parts(of: Self.partSize) ?? [nil]
    }

    private func place(_ index: Int, _ parts: [String?]) -> String? {
        guard parts.count > 1 else { return nil }
        guard !isWhole else { return "\(index + 1) of \(parts.count)" }
        return "\(parts.dropFirst().reduce(0) { $0 + ($1?.utf8.count ?? 0) }) bytes left out"
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
            "done: it \(how.ending)\(how.stop == .deadline ? ", ended at its deadline" : how.stop == nil ? "" : ", ended on request")"
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

extension String {
    /// Pieces of at most so many bytes, none of which splits a character; put together they are this text.
    func parts(of limit: Int) -> [String] {
        var (parts, part, size) = ([String](), String.UnicodeScalarView(), 0)
        for scalar in unicodeScalars {
            let bytes = UTF8.width(scalar)
            if size + bytes > limit {
                parts.append(String(part))
                (part, size) = (String.UnicodeScalarView(), 0)
            }
            part.append(scalar)
            size += bytes
        }
        return parts + [String(part)]
    }
}
