import Glibc
package import Model

/// Turns the failure of a system call into a fault that names the call's object.
package enum SystemCall {
    /// The `errno` of what is mounted read-only, as faults have it in their context.
    package static let readOnly = "\(EROFS)"

    /// Calls again while interrupted; throws when the result is negative.
    @discardableResult
    package static func check(
        _ doing: @autoclosure () -> String, _ path: @autoclosure () -> String, _ call: () -> Int
    ) throws -> Int {
        while true {
            let result = call()
            if result >= 0 { return result }
            let error = errno
            if error != EINTR { throw fault(error, doing(), path()) }
        }
    }

    /// `cannot write /srv/a.db: no space left on device`.
    package static func fault(_ error: Int32, _ doing: String, _ path: String) -> Fault {
        let reason = String(cString: strerror(error)).lowercased()
        return Fault(
            code(of: error), "cannot \(doing) \(path): \(reason)", hint: hint(of: error), context: ["errno": "\(error)"]
        )
    }

    private static func code(of error: Int32) -> Code {
        switch error {
        case ENOSPC, EDQUOT, EFBIG: .outOfSpace
        case ENOENT, ENOTDIR: .notFound
        case EACCES, EPERM: .notPermitted
        case EEXIST, ENOTEMPTY: .targetExists
        case EROFS: .repositoryReadOnly
        default: .inputOutput
        }
    }

    private static func hint(of error: Int32) -> String? {
        switch error {
        case ENOSPC, EDQUOT: "free some space on that file system, or move the folder to a larger one"
        case EACCES, EPERM: "let the user that runs this program read and enter the folder and the file"
        case EROFS: "mount the file system read-write"
        default: nil
        }
    }
}
