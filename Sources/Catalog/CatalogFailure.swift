import GRDB
import Model

/// Turns errors of the database library into faults; values of rows never show.
enum CatalogFailure {
    static func translate<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw fault(error, path)
        } catch let error as Fault {
            throw error
        } catch {
            throw Fault(.internalError, "cannot use the catalog \(path)", cause: error)
        }
    }

    static func damaged(_ path: String, _ detail: String?) -> Fault {
        Fault(
            .databaseDamaged, "the catalog \(path) is damaged\(detail.map { ": \($0)" } ?? "")",
            hint: "stop holdfastd, move \(path) with its -wal and -shm files aside and start again: "
                + "databases and backups are read back from the repository")
    }

    private static func fault(_ error: DatabaseError, _ path: String) -> Fault {
        let reason = (error.message ?? "error \(error.extendedResultCode.rawValue)").lowercased()
        let text = "cannot use the catalog \(path): \(reason)"
        return switch error.resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: damaged(path, reason)
        case .SQLITE_FULL: Fault(.outOfSpace, text, hint: "free some space on the file system of \(path)")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            Fault(.busy, text, hint: "is another program using the catalog? it belongs to holdfastd alone")
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            Fault(.notPermitted, text, hint: "the folder must exist, and the daemon's user be able to write there")
        case .SQLITE_IOERR: Fault(.inputOutput, text)
        default: Fault(.internalError, text)
        }
    }
}
