import CLinux
import Glibc
import Model

extension File {
    /// An extended attribute of the file or folder; nil without one, and where the file system keeps none.
    ///
    /// - Parameter name: with its namespace, as `user.holdfast.copy`. Source: xattr(7).
    package func attribute(_ name: String) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = Int(holdfast_attribute(descriptor, name, &bytes, bytes.count))
        return count < 0 ? nil : Array(bytes.prefix(count))
    }

    /// - Parameter bytes: 4096 at most.
    /// - Throws: `input-output` where the file system keeps none; `not-permitted`, `out-of-space`.
    package func setAttribute(_ name: String, _ bytes: [UInt8]) throws {
        KillPoint.pass("mark", path)
        try SystemCall.check("mark", path) { Int(holdfast_set_attribute(descriptor, name, bytes, bytes.count)) }
    }
}
