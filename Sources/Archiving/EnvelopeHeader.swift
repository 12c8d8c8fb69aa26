import Model

/// The first 96 bytes of an object, in the clear; the object's key depends on every one of them.
struct EnvelopeHeader: Sendable {
    static let length = 96
    static let magic: [UInt8] = Array("HFE1".utf8)
    static let saltLength = 32
    static let noncePrefixLength = 8

    let identity: EnvelopeIdentity
    /// 32 random bytes.
    let salt: [UInt8]
    /// 8 random bytes: the first part of every nonce of the object.
    let noncePrefix: [UInt8]

    /// A header that no other object has.
    init(fresh identity: EnvelopeIdentity) throws {
        self.identity = identity
        salt = try Randomness.bytes(Self.saltLength)
        noncePrefix = try Randomness.bytes(Self.noncePrefixLength)
    }

    /// - Throws: `repository-too-new` for another version, kind or flags, else the object's damage code.
    init(_ bytes: UnsafeRawBufferPointer, label: ObjectLabel) throws {
        guard bytes.count == Self.length, bytes.bytes(at: 0, count: 3) == Array(Self.magic.prefix(3)) else {
            throw label.damaged("it does not start like an object of a repository")
        }
        guard bytes[3] == Self.magic[3] else { throw label.tooNew("unknown version") }
        guard let kind = ObjectKind(rawValue: bytes[4]) else { throw label.tooNew("unknown kind \(bytes[4])") }
        guard bytes[5] == 0 else { throw label.tooNew("unknown flags \(bytes[5])") }
        guard bytes.isZero(at: 6, count: 2) else { throw label.tooNew("reserved bytes are in use") }
        identity = EnvelopeIdentity(
            kind: kind, repository: RepositoryID(bytes: bytes.bytes(at: 8, count: 16)),
            unit: UnitID(bytes: bytes.bytes(at: 24, count: 16)), sequence: bytes.number(at: 40),
            qualifier: bytes.number(at: 48))
        salt = bytes.bytes(at: 56, count: Self.saltLength)
        noncePrefix = bytes.bytes(at: 88, count: Self.noncePrefixLength)
    }

    var bytes: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.length)
        bytes.withUnsafeMutableBytes { bytes in
            bytes.put(Self.magic, at: 0)
            bytes[4] = identity.kind.rawValue
            bytes.put(identity.repository.bytes, at: 8)
            bytes.put(identity.unit.bytes, at: 24)
            bytes.put(identity.sequence, at: 40)
            bytes.put(identity.qualifier, at: 48)
            bytes.put(salt, at: 56)
            bytes.put(noncePrefix, at: 88)
        }
        return bytes
    }

    /// The 12 bytes under which the frame of that index is sealed: no two frames of an object share an index.
    func nonce(index: UInt32) -> [UInt8] {
        var nonce = noncePrefix
        nonce.reserveCapacity(FrameCipher.nonceLength)
        nonce.put(index)
        return nonce
    }
}
