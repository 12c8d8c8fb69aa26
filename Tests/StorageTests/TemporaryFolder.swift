import Model
import Platform

/// A folder for one test.
struct TemporaryFolder {
    let path: String

    init() throws {
        path = "/tmp/holdfast-storage-\(Identifier.random())"
        try Files.makeDirectory(path, mode: 0o700)
    }

    func remove() { try? Files.removeTree(path) }
}
