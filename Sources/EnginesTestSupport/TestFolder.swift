import Foundation

/// A folder of a test's own, removed with the last reference.
package final class TestFolder: Sendable {
    /// Absolute, without symbolic links.
    package let path: String

    package init() throws {
        let template = NSTemporaryDirectory() + "holdfast-XXXXXX"
        var name = Array(template.utf8CString)
        guard mkdtemp(&name) != nil, let real = realpath(name, nil) else { throw CocoaError(.fileWriteUnknown) }
        defer { free(real) }
        path = String(cString: real)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    package func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

    @discardableResult
    package func makeFolder(_ name: String) throws -> String {
        try FileManager.default.createDirectory(atPath: self(name), withIntermediateDirectories: true)
        return self(name)
    }

    package func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: self(name)))
    }

    /// Name, owner, group, mode and kind of everything below `name`, one line each: what must not change.
    package func inventory(_ name: String = "") throws -> [String] {
        let root = name.isEmpty ? path : self(name)
        return try FileManager.default.subpathsOfDirectory(atPath: root).sorted().map { entry in
            var status = stat()
            lstat("\(root)/\(entry)", &status)
            return "\(entry) \(status.st_uid):\(status.st_gid) \(String(status.st_mode, radix: 8))"
        }
    }
}
