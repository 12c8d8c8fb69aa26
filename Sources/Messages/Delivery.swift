import Catalog
import Model

/// Brings the messages of the catalog to the text log and the journal; belongs to one thread.
///
/// How far each has come is in the catalog: after a crash it goes on there, so that nothing is lost and no more than the
/// last batch can appear twice.
final class Delivery {
    private static let batch = 500
    private let catalog: Catalog
    private let log: MessageLog?
    private let journal: Journal?
    private let zone: @Sendable (Instant) -> Int
    private let now: @Sendable () -> Instant
    private var logFailed = false

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

    func reopenLog() { log?.reopen() }

    /// Delivers all there is. The journal gets its copy even while the log can't be written.
    ///
    /// - Throws: what keeps the log from being written, or what the catalog throws; worth trying again later.
    func deliver() throws {
        let delivered = Result { try deliverToLog() }
        try deliverToJournal()
        try delivered.get()
    }

    private func deliverToLog() throws {
        guard let log else { return }
        try deliver(to: "log") { messages in
            let lines = messages.map { "\(MessageLine.text($0, offsetSeconds: zone($0.instant)))\n" }
            do {
                try log.append(lines.joined())
                logFailed = false
            } catch {
                try noteFailure(error)
                throw error
            }
        }
    }

    private func deliverToJournal() throws {
        guard let journal else { return }
        try deliver(to: "journal") { journal.send($0) }
    }

    private func deliver(to consumer: String, _ body: ([Message]) throws -> Void) throws {
        var last = try catalog.delivered(to: consumer)
        while true {
            let messages = try catalog.messages(MessageQuery(after: last, limit: Self.batch))
            guard let newest = messages.last else { return }
            try body(messages)
            try catalog.markDelivered([consumer: newest.id])
            last = newest.id
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
