import CPQ
import Glibc
import Model
import Platform

/// A session of PostgreSQL's replication protocol. Used by one thread at a time; no call waits beyond its deadline.
///
/// Source: the PostgreSQL 15 manual, 55.4 "Streaming Replication Protocol".
final class PostgresReplication: @unchecked Sendable {
    // Unchecked: used by one thread at a time, but for `interrupt`.
    private static let patience = Duration.seconds(30)

    let server: String
    private let handle: OpaquePointer

    /// - Throws: `server-unreachable`, `not-permitted`, `timed-out`.
    init(_ access: PostgresAccess) throws {
        server = access.server
        let options = access.replicationOptions.sorted { $0.key < $1.key }
        let started = withCStrings(options.map(\.key)) { keywords in
            withCStrings(options.map(\.value)) { values in PQconnectStartParams(keywords, values, 0) }
        }
        guard let started else { throw Fault(.internalError, "cannot connect to server \(server): out of memory") }
        handle = started
        PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
        PQsetNoticeReceiver(handle, { _, _ in }, nil)
        try signIn()
        PQsetnonblocking(handle, 1)
    }

    deinit { PQfinish(handle) }

    /// Ends the connection, so that whoever waits on it learns of it.
    func interrupt() {
        let socket = PQsocket(handle)
        if socket >= 0 { shutdown(socket, Int32(SHUT_RDWR)) }
    }

    /// A command that answers with one row, its columns as texts.
    func ask(_ command: String) throws -> [String?] {
        try send(command)
        var values: [String?] = []
        while let result = try nextResult() {
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_TUPLES_OK where PQntuples(result) == 1:
                values = (0..<PQnfields(result)).map { column in
                    guard PQgetisnull(result, 0, column) == 0 else { return nil }
                    return PQgetvalue(result, 0, column).map { String(cString: $0) }
                }
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK: break
            default: throw fault(of: result)
            }
        }
        return values
    }

    /// A command after which both sides send.
    func startCopy(_ command: String) throws {
        try send(command)
        guard let result = try nextResult() else { throw lost() }
        defer { PQclear(result) }
        guard PQresultStatus(result) == PGRES_COPY_BOTH else { throw fault(of: result) }
    }

    enum Copied {
        case message([UInt8])
        case nothing
        /// The server has no more of this.
        case ended
    }

    /// The next message; waits until the deadline.
    func receive(until deadline: Duration) throws -> Copied {
        while true {
            var buffer: UnsafeMutablePointer<CChar>?
            let count = PQgetCopyData(handle, &buffer, 1)
            defer { if let buffer { PQfreemem(buffer) } }
            switch count {
            case 1...:
                return .message(Array(UnsafeRawBufferPointer(start: buffer, count: Int(count))))
            case 0:
                guard try wait(for: POLLIN, until: deadline) else { return .nothing }
                guard PQconsumeInput(handle) == 1 else { throw lost() }
            case -1: return .ended
            default: throw lost()
            }
        }
    }

    /// Sends a message of ours.
    func send(copy bytes: [UInt8]) throws {
        let isTaken = bytes.withUnsafeBytes { buffer in
            PQputCopyData(handle, buffer.bindMemory(to: CChar.self).baseAddress, Int32(buffer.count))
        }
        guard isTaken == 1 else { throw lost() }
        try flush()
    }

    /// After the server has ended a copy: ends our side, and takes what the server says of it.
    /// - Throws: why the server ended it, unless there was no more to send.
    func endCopy() throws {
        while let result = try nextResult() {
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_COPY_IN:
                guard PQputCopyEnd(handle, nil) >= 0 else { throw lost() }
                try flush()
            case PGRES_COPY_OUT, PGRES_COPY_BOTH, PGRES_TUPLES_OK, PGRES_COMMAND_OK: break
            default: throw fault(of: result)
            }
        }
    }
}

extension PostgresReplication {
    private func signIn() throws {
        let deadline = BootClock.now() + Self.patience
        var state = PGRES_POLLING_WRITING
        while state != PGRES_POLLING_OK {
            guard PQstatus(handle) != CONNECTION_BAD, state != PGRES_POLLING_FAILED else { throw refusal() }
            guard try wait(for: state == PGRES_POLLING_READING ? POLLIN : POLLOUT, until: deadline) else {
                throw Fault(
                    .timedOut, "cannot connect to server \(server) within its time", hint: "look at the server's load")
            }
            state = PQconnectPoll(handle)
        }
    }

    private func send(_ command: String) throws {
        guard PQsendQuery(handle, command) == 1 else { throw lost() }
        try flush()
    }

    private func flush() throws {
        let deadline = BootClock.now() + Self.patience
        while true {
            switch PQflush(handle) {
            case 0: return
            case 1: guard try wait(for: POLLIN | POLLOUT, until: deadline) else { throw late() }
            default: throw lost()
            }
            guard PQconsumeInput(handle) == 1 else { throw lost() }
        }
    }

    private func nextResult() throws -> OpaquePointer? {
        let deadline = BootClock.now() + Self.patience
        while PQisBusy(handle) == 1 {
            guard try wait(for: POLLIN, until: deadline) else { throw late() }
            guard PQconsumeInput(handle) == 1 else { throw lost() }
        }
        return PQgetResult(handle)
    }

    private func wait(for events: Int32, until deadline: Duration) throws -> Bool {
        let left = deadline - BootClock.now()
        guard left > .zero else { return false }
        var socket = pollfd(fd: PQsocket(handle), events: Int16(events), revents: 0)
        return poll(&socket, 1, Int32(left.microseconds / 1000) + 1) > 0
    }

    private func refusal() -> Fault {
        let text = PQerrorMessage(handle).map { String(cString: $0) } ?? ""
        let state = PostgresState(ofConnectionError: text)
        return Fault(
            state?.code ?? .serverUnreachable,
            "cannot follow the log of server \(server): \(PostgresState.reason(ofConnectionError: text))",
            hint: state?.code == .notPermitted
                ? "let pg_hba.conf have a line for the database `replication` and the user in `connection`, such as: "
                    + "local replication holdfast peer"
                : state?.hint ?? "start the server, or correct its `connection`",
            context: state.map { ["sqlstate": $0.text] } ?? [:])
    }

    private func fault(of result: OpaquePointer?) -> Fault {
        guard let field = PQresultErrorField(result, Int32(UInt8(ascii: "C"))) else { return lost() }
        let state = PostgresState(String(cString: field))
        let words = PQresultErrorField(result, Int32(UInt8(ascii: "M"))).map { String(cString: $0) }
        return Fault(
            state.code, "server \(server) refuses: \(words ?? state.text)", hint: state.hint,
            context: ["sqlstate": state.text])
    }

    private func lost() -> Fault {
        Fault(
            .serverUnreachable, "server \(server) closed the connection on which its log is received",
            hint: "see the server's log, and start it again if it has stopped")
    }

    private func late() -> Fault {
        Fault(.timedOut, "server \(server) did not answer in time", hint: "look at the server's load")
    }
}
