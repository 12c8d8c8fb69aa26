import Catalog
import Model

/// Brings the messages of the catalog to the text log and the journal; belongs to one thread.
///
/// How far each has come is in the catalog. After a kill between writing and noting that, the log's own last line says
/// what was written, so that no line is lost and none appears twice.
final class Delivery {
    private static let batch = 500
    private let catalog: Catalog
    private let log: MessageLog?
    private let journal: Journal?
    private let zone: @Sendable (Instant) -> Int
    private let now: @Sendable () -> Instant
    private var logFailed = false
    private var isKnown = false

    init(
        catalog: Catalog, log: MessageLog?, journal: Journal?, zone: @escaping @Sendable (Instant) -> Int,
        now: @escaping @Sendable () -> Instant
    ) {
        self.catalog = catalog
        self.log = log
        self.journal = journal
        self.zone = zone
        self.now = now
    }

    /// Delivers all there is. The journal gets its copy even while the log can't be written.
    ///
    /// - Parameter isRotated: whether to look at the log also when there is nothing for it, so that it is there again.
    /// - Throws: what keeps the log or the journal from taking it, or what the catalog throws; worth trying again later.
    func deliver(isRotated: Bool) throws {
        try makeKnown()
        let delivered = Result { try deliverToLog(isRotated: isRotated) }
        try deliverToJournal()
        try delivered.get()
    }

    /// Retention of messages waits for whoever is known to take them.
    private func makeKnown() throws {
        guard !isKnown else { return }
        let consumers = [log.map { _ in "log" }, journal.map { _ in "journal" }].compactMap(\.self)
        try catalog.markDelivered(Dictionary(uniqueKeysWithValues: consumers.map { ($0, 0) }))
        isKnown = true
    }

    private func deliverToLog(isRotated: Bool) throws {
        guard let log else { return }
        var last = try catalog.delivered(to: "log")
        var mustLook = isRotated
        while true {
            let messages = try catalog.messages(MessageQuery(after: last, limit: Self.batch))
            guard mustLook || !messages.isEmpty else { return }
            mustLook = false
            do {
                let place = try place(after: last, try log.look(), log)
                guard place == last else {
                    last = place
                    continue
                }
                guard try append(messages, to: log) else { continue }
                if !messages.isEmpty { logFailed = false }
            } catch {
                try noteFailure(error)
                throw error
            }
            guard let newest = messages.last?.id else { return }
            try catalog.markDelivered(["log": newest])
            last = newest
        }
    }

    private func append(_ messages: [Message], to log: MessageLog) throws -> Bool {
        guard let first = messages.first else { return true }
        let lines = messages.map { "\(MessageLine.text($0, offsetSeconds: zone($0.instant)))\n" }
        return try log.append(lines.joined(), first: first.id)
    }

    /// The last message that is in the log or in what rotation made of it, when the catalog says it is `last`.
    ///
    /// A file of another life may hold greater ids, so only a line that is exactly the catalog's counts.
    private func place(after last: MessageID, _ change: MessageLog.Change, _ log: MessageLog) throws -> MessageID {
        switch change {
        case .none: return last
        case .opened:
            // Written before a kill, and not noted.
            let own = try log.lastLine().map { [$0] } ?? []
            return max(last, try ids(of: own + log.lastLinesOfRotated()).max() ?? last)
        case .cut(let first, let now):
            // The copy may have been made before the last lines came, and the file cut after: these are written again.
            guard let first, try log.hasFreshCopy(), let copied = try ids(of: log.lastLinesOfRotated()).max(),
                first - 1 <= copied, copied < last
            else { return last }
            guard let now else { return copied }
            // A line came right after the cut; what is missing comes behind it.
            let missing = MessageQuery(after: copied, through: now - 1, limit: Self.batch)
            _ = try append(try catalog.messages(missing), to: log)
            return last
        }
    }

    private func ids(of lines: [String]) throws -> [MessageID] {
        try lines.compactMap { line in
            try MessageLine.id(of: line).flatMap { try catalog.message($0) }
                .flatMap { MessageLine.line(line, tells: $0) ? $0.id : nil }
        }
    }

    private func deliverToJournal() throws {
        guard let journal else { return }
        var last = try catalog.delivered(to: "journal")
        while true {
            let messages = try catalog.messages(MessageQuery(after: last, limit: Self.batch))
            guard let newest = messages.last else { return }
            do {
                try journal.send(messages) { last = $0 }
            } catch {
                try catalog.markDelivered(["journal": last])
                throw error
            }
            try catalog.markDelivered(["journal": newest.id])
        }
    }

    /// Once for each time that the log stops being writable.
    private func noteFailure(_ error: any Error) throws {
        guard !logFailed else { return }
        logFailed = true
        let fault = Fault.wrapping(error)
        let draft = MessageDraft(
            .warning, fault.code, "cannot write the message log", cause: fault.message,
            hint: fault.hint ?? "messages are kept and are written to the log as soon as that works again")
        try catalog.record([draft], at: now())
    }
}
