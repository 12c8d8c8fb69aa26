import CPQ
import Glibc
import Model
import Platform

/// A session with one database of a PostgreSQL cluster.
///
/// Used by one thread at a time. No call waits longer than the deadline it is given; what its `step` throws ends it and
/// is thrown on, and the query is ended on the server too.
package final class PostgresConnection {
    /// By which our sessions are told from those of clients.
    package static let applicationName = "holdfast"
    /// How long a query may take to end after it was cancelled; after that the connection is given up.
    private static let cancelling = Duration.seconds(2)
    private static let slice = Duration.milliseconds(100)

    package let server: String
    package let database: String
    /// The default deadline of a query.
    package let limit: Duration
    private let handle: OpaquePointer
    /// Set when a query's end could not be waited for: nothing more can be asked.
    private var isGivenUp = false

    /// - Parameter options: by libpq's keywords.
    init(
        server: String, options: [String: String], database: String, patience: PostgresAccess.Patience,
        step: () throws -> Void
    ) throws {
        guard let handle = Self.start(options) else {
            throw Fault(.internalError, "cannot connect to server \(server): out of memory")
        }
        self.handle = handle
        self.server = server
        self.database = database
        limit = patience.query
        // The verbose text carries the code of a refusal, see PostgresState.
        PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
        PQsetNoticeReceiver(handle, { _, _ in }, nil)
        try signIn(until: BootClock.now() + patience.connecting, step)
        PQsetnonblocking(handle, 1)
        if version >= 14_00_00 { try query("SET idle_session_timeout = 0", step: step) }
    }

    deinit { PQfinish(handle) }

    /// Such as 150018 for 15.18.
    package var version: Int { Int(PQserverVersion(handle)) }
    /// The role that signed in.
    package var user: String { PQuser(handle).map { String(cString: $0) } ?? "" }
    /// Of the session on the server.
    package var processID: Int32 { PQbackendPID(handle) }
    package var isUsable: Bool { !isGivenUp && PQstatus(handle) == CONNECTION_OK }

    /// Asks one statement.
    ///
    /// - Parameters:
    ///   - parameters: for `$1`, `$2` …; nil is NULL. They appear in no message.
    ///   - limit: how long it may take; the connection's own when nil.
    ///   - privilege: what it needs; named by the hint when the server refuses it.
    ///   - step: called several times a second.
    /// - Throws: `timed-out`, `server-unreachable`, `not-permitted`, `busy`, `not-found`, and what `step` throws.
    @discardableResult
    package func query(
        _ statement: String, _ parameters: [String?] = [], limit: Duration? = nil,
        needs privilege: PostgresPrivilege? = nil, step: () throws -> Void = {}
    ) throws -> PostgresRows {
        guard isUsable else { throw closed() }
        let limit = limit ?? self.limit
        let deadline = BootClock.now() + limit
        try send(statement, parameters)
        do {
            try flush(until: deadline, step)
            return try answer(until: deadline, needs: privilege, step)
        } catch let late as Late {
            try cancel(because: late)
            throw Fault(
                .timedOut, "server \(server) did not answer a query within \(limit)",
                hint: "look at the server's load and its locks")
        }
    }

    /// Runs `body` in one transaction, which is undone when it throws.
    package func transaction<Value>(_ mode: String = "", _ body: () throws -> Value) throws -> Value {
        try query("BEGIN \(mode)")
        do {
            let value = try body()
            try query("COMMIT")
            return value
        } catch {
            // The first error is the one to tell; a connection that can't undo has undone with its end.
            if isUsable, (try? query("ROLLBACK", limit: .seconds(5))) == nil { isGivenUp = true }
            throw error
        }
    }
}

extension PostgresConnection {
    /// A wait that ended before what it waited for.
    private struct Late: Error {
        /// What the caller's step threw; nil when time was up.
        let stop: (any Error)?
    }

    private static func start(_ options: [String: String]) -> OpaquePointer? {
        let sorted = options.sorted { $0.key < $1.key }
        return withCStrings(sorted.map(\.key)) { keywords in
            withCStrings(sorted.map(\.value)) { values in PQconnectStartParams(keywords, values, 0) }
        }
    }

    private func signIn(until deadline: Duration, _ step: () throws -> Void) throws {
        var state = PGRES_POLLING_WRITING
        guard PQstatus(handle) != CONNECTION_BAD else { throw refusal() }
        while state != PGRES_POLLING_OK {
            do {
                try wait(for: state == PGRES_POLLING_READING ? POLLIN : POLLOUT, until: deadline, step)
            } catch let late as Late {
                if let stop = late.stop { throw stop }
                throw Fault(
                    .timedOut, "cannot connect to server \(server) within its time",
                    hint: "look at the server's load; see `host` in the server's `connection`")
            }
            state = PQconnectPoll(handle)
            if state == PGRES_POLLING_FAILED { throw refusal() }
        }
    }

    private func send(_ statement: String, _ parameters: [String?]) throws {
        guard !statement.utf8.contains(0), !parameters.contains(where: { $0?.utf8.contains(0) == true }) else {
            throw Fault(.wrongUsage, "a text for server \(server) holds a NUL character")
        }
        let isSent = withCStrings(parameters) { values in
            PQsendQueryParams(handle, statement, Int32(parameters.count), nil, values, nil, nil, 0)
        }
        guard isSent == 1 else { throw lost() }
    }

    private func flush(until deadline: Duration, _ step: () throws -> Void) throws {
        while true {
            switch PQflush(handle) {
            case 0: return
            case 1: try wait(for: POLLIN | POLLOUT, until: deadline, step)
            default: throw lost()
            }
            guard PQconsumeInput(handle) == 1 else { throw lost() }
        }
    }

    private func answer(
        until deadline: Duration, needs privilege: PostgresPrivilege?, _ step: () throws -> Void
    ) throws -> PostgresRows {
        var rows = PostgresRows()
        var fault: Fault?
        while let result = try nextResult(until: deadline, step) {
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_TUPLES_OK: rows = PostgresRows(result)
            case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: break
            case PGRES_FATAL_ERROR: fault = fault ?? self.fault(of: result, needs: privilege)
            default:
                isGivenUp = true
                throw Fault(.internalError, "unexpected kind of answer of server \(server)")
            }
        }
        if let fault { throw fault }
        return rows
    }

    /// Nil when the query is over.
    private func nextResult(until deadline: Duration, _ step: () throws -> Void) throws -> OpaquePointer? {
        while PQisBusy(handle) == 1 {
            try wait(for: POLLIN, until: deadline, step)
            guard PQconsumeInput(handle) == 1 else { throw lost() }
        }
        return PQgetResult(handle)
    }

    private func wait(for events: Int32, until deadline: Duration, _ step: () throws -> Void) throws {
        while true {
            do { try step() } catch { throw Late(stop: error) }
            let left = deadline - BootClock.now()
            guard left > .zero else { throw Late(stop: nil) }
            var socket = pollfd(fd: PQsocket(handle), events: Int16(events), revents: 0)
            // An interrupted or failed poll is told by the call that follows.
            if poll(&socket, 1, Int32(min(left, Self.slice).microseconds / 1000) + 1) > 0 { return }
        }
    }

    /// Ends the query on the server, so that the connection can be used again, or gives the connection up.
    ///
    /// - Throws: what the step threw, when that was the reason.
    private func cancel(because late: Late) throws {
        let request = PostgresCancel(handle)
        let deadline = BootClock.now() + Self.cancelling
        request.send()
        do {
            while let result = try nextResult(until: deadline, {}) { PQclear(result) }
            // One that is still on its way would hit the next query.
            if !request.waitUntilSent(until: deadline) { isGivenUp = true }
        } catch {
            isGivenUp = true
        }
        if let stop = late.stop { throw stop }
    }
}

extension PostgresConnection {
    private func refusal() -> Fault {
        let text = PQerrorMessage(handle).map { String(cString: $0) } ?? ""
        let state = PostgresState(ofConnectionError: text)
        let reason = PostgresState.reason(ofConnectionError: text)
        let needsPassword = PQconnectionNeedsPassword(handle) == 1
        let code = needsPassword ? .notPermitted : state?.code ?? .serverUnreachable
        let hint =
            needsPassword
            ? "put the password into a file and name it with `passfile` in the server's `connection`"
            : state.map { $0.hint } ?? "start the server, or correct `host` and `port` in its `connection`"
        return Fault(
            code, "cannot connect to database \(PostgresIdentifier(database)) of server \(server): \(reason)",
            hint: hint,
            context: state.map { ["sqlstate": $0.text] } ?? [:])
    }

    private func fault(of result: OpaquePointer?, needs privilege: PostgresPrivilege?) -> Fault {
        guard let field = PQresultErrorField(result, Int32(UInt8(ascii: "C"))) else { return lost() }
        let state = PostgresState(String(cString: field))
        let words = PQresultErrorField(result, Int32(UInt8(ascii: "M"))).map { String(cString: $0) }
        let reason = state.isPrintable ? words ?? "no reason given" : "error \(state.text)"
        let grant = state.code == .notPermitted ? privilege.map { $0.hint(for: self) } : nil
        return Fault(
            state.code, "server \(server) refuses: \(reason)", hint: grant ?? state.hint,
            context: ["sqlstate": state.text])
    }

    private func lost() -> Fault {
        isGivenUp = true
        return Fault(
            .serverUnreachable, "server \(server) closed the connection in the middle of a query",
            hint: "see the server's log, and start it again if it has stopped")
    }

    private func closed() -> Fault {
        Fault(
            .serverUnreachable, "the connection to server \(server) is closed",
            hint: "ask again; a new one is opened then")
    }
}

/// Hands texts to C as a list of pointers that ends with a null pointer; nil stays a null pointer.
func withCStrings<Result>(
    _ texts: [String?], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
) -> Result {
    let copies = texts.map { text in text.map { strdup($0) } ?? nil }
    defer { for copy in copies { free(copy) } }
    return (copies.map { UnsafePointer($0) } + [nil]).withUnsafeBufferPointer { body($0.baseAddress) }
}
