package import Model

/// The key of a repository: 256 random bits, from which every other key is derived.
package final class MasterKey: Sendable {
    package static let length = 32

    let bytes: KeyBytes

    package init(_ bytes: KeyBytes) {
        precondition(bytes.count == Self.length)
        self.bytes = bytes
    }

    package static func random() throws -> MasterKey { MasterKey(try Randomness.key(length)) }

    /// The hasher of this repository's pages and roots.
    package func pageHasher(of repository: RepositoryID) throws -> PageHasher {
        PageHasher(
            pageSecret: try derive(repository.bytes, "holdfast page hash 1", PageHasher.secretLength),
            rootSecret: try derive(repository.bytes, "holdfast image root 1", PageHasher.secretLength))
    }

    /// The key that authenticates what `repository.json` says.
    func repositoryKey(of repository: RepositoryID) throws -> KeyBytes {
        try derive(repository.bytes, "holdfast repository 1", 32)
    }

    /// The key that seals the frames of one object; it depends on every byte of the object's header.
    func objectKey(_ header: EnvelopeHeader) throws -> KeyBytes {
        try bytes.withBytes {
            try Digests.hkdf(
                secret: $0, salt: header.salt, info: Array("holdfast object 1".utf8) + header.bytes,
                count: FrameCipher.keyLength)
        }
    }

    private func derive(_ salt: [UInt8], _ info: String, _ count: Int) throws -> KeyBytes {
        try bytes.withBytes { try Digests.hkdf(secret: $0, salt: salt, info: Array(info.utf8), count: count) }
    }
}
