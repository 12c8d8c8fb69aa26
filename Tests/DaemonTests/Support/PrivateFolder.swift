import Foundation
import Glibc
import Synchronization

/// A folder that goes with this object, also when a test fails. Short enough a path for a socket inside.
final class PrivateFolder: Sendable {
    let path: String
    private let counter = Mutex(0)

    init() throws {
        var template = Array("/tmp/hf-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Unexpected("cannot make a folder for the test") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// A path in the folder that nothing has yet.
    func fresh(_ name: String) -> String {
        let number = counter.withLock { count in
            count += 1
            return count
        }
        return "\(path)/\(name)-\(number)"
    }

    func makeFolder(_ name: String) throws -> String {
        let folder = "\(path)/\(name)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }

    /// Runs a program of the system or of ours to its end.
    func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:],
        within limit: Duration = .seconds(60)
    ) async throws -> Output {
        let child = try Child(program, arguments, environment: environment, output: fresh("out"))
        let output = try await child.wait(within: limit)
        try? FileManager.default.removeItem(atPath: child.outputPath)
        try? FileManager.default.removeItem(atPath: child.errorsPath)
        return output
    }
}

/// The whole content of a file.
func content(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: path)) }

/// Names, kinds, sizes, modes, owners and modification times of all that is in a folder, to compare before and after.
func portrait(of folder: String) throws -> [String: String] {
    var lines: [String: String] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
        var found = stat()
        guard lstat("\(folder)/\(name)", &found) == 0 else { continue }
        lines[name] =
            "\(found.st_mode) \(found.st_uid):\(found.st_gid) \(found.st_size) "
            + "\(found.st_mtim.tv_sec).\(found.st_mtim.tv_nsec) \(found.st_ino)"
    }
    return lines
}
