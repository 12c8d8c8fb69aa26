import Glibc
import Model

/// Where keys and passwords come from: files and service credentials, never arguments or the environment.
package enum Secrets {
    /// The content of a key file, at most 4 KiB, a trailing line break dropped.
    /// - Throws: `not-found`; `not-permitted` when anybody else may read it.
    package static func keyFile(_ path: String) throws -> SecretBytes {
        let file = try File.open(path, .readOnly)
        let status = try file.status()
        guard status.mode & 0o077 == 0 || credentialsFolder.map({ path.begins(with: "\($0)/") }) == true else {
            throw Fault(
                .notPermitted, "key file \(path) may be read by others than its owner",
                hint: "run `chmod 600 \(path.shellWord)`")
        }
        var bytes = try file.read(count: 4097, at: 0)
        defer { bytes.withUnsafeMutableBytes { bytes in bytes.baseAddress.map { explicit_bzero($0, bytes.count) } } }
        guard bytes.count <= 4096 else { throw Fault(.keyDamaged, "key file \(path) is longer than 4 KiB") }
        let content = bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes[...]
        guard !content.isEmpty else { throw Fault(.keyDamaged, "key file \(path) is empty") }
        return SecretBytes(content)
    }

    /// A credential that systemd passed by `LoadCredential=`.
    /// - Throws: `not-found`.
    package static func credential(_ name: String) throws -> SecretBytes {
        guard let credentialsFolder, !name.hasSlash else {
            throw Fault(
                .notFound, "no credential \(name) was passed to this process",
                hint: "name it with LoadCredential= in the service's unit")
        }
        return try keyFile("\(credentialsFolder)/\(name)")
    }

    private static var credentialsFolder: String? { getenv("CREDENTIALS_DIRECTORY").map { String(cString: $0) } }
}
