import Model
import Platform

/// The folder of a restore target, held open so that a link put in its place leads nothing astray.
package struct RestoreFolder {
    private let folder: File

    init(_ folder: File) { self.folder = folder }

    /// The same name, reached by the open folder. Source: proc(5), `/proc/pid/fd`.
    package func anchored(_ path: String) -> String { "\(anchor)/\(Files.name(of: path))" }

    func sync() throws { try folder.sync() }

    /// Runs `body`, whose faults name the folder by its path.
    func naming<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch var fault as Fault {
            fault.message = fault.message.replacing("\(anchor)/", with: folder.path == "/" ? "/" : "\(folder.path)/")
            throw fault
        }
    }

    private var anchor: String { "/proc/self/fd/\(folder.descriptor)" }
}
