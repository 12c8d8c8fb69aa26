import GRDB
import Model

extension Row {
    func text(_ column: String) -> String? { self[column] as String? }
    func number(_ column: String) -> Int64? { self[column] as Int64? }
    func instant(_ column: String) -> Instant? { number(column).map { Instant(microseconds: $0) } }
    func bytes(_ column: String) -> ByteCount? { number(column).map { ByteCount($0) } }
    func database(_ column: String) -> DatabaseName? { text(column).map { DatabaseName($0) } }
    func backup(_ column: String) -> BackupID? { text(column).flatMap { BackupID($0) } }

    func value<Value: RawRepresentable>(_ column: String) -> Value? where Value.RawValue == String {
        text(column).flatMap { Value(rawValue: $0) }
    }

    func actor(uid: String, name: String) -> Actor {
        number(uid).map { .user(uid: UInt32(truncatingIfNeeded: $0), name: text(name) ?? "") } ?? .daemon
    }

    /// The columns `fault_code`, `fault_text` and `fault_hint`; an unknown code reads as `internal-error`.
    var fault: RecordedFault? {
        guard let code = text("fault_code") else { return nil }
        return RecordedFault(
            code: Code(rawValue: code) ?? .internalError, text: text("fault_text") ?? "", hint: text("fault_hint"))
    }

    /// A column that the catalog itself wrote and can't be missing.
    func required<Value>(_ value: Value?, _ column: String) throws -> Value {
        guard let value else { throw Fault(.internalError, "the catalog holds an unknown value in \(column)") }
        return value
    }
}

extension Actor {
    /// Nil for the daemon.
    var uid: Int64? {
        switch self {
        case .daemon: nil
        case .user(let uid, _): Int64(uid)
        }
    }

    var name: String? {
        switch self {
        case .daemon: nil
        case .user(_, let name): name
        }
    }
}
