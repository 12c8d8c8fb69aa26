package import Model

extension KeySlot {
    /// The shortest key file.
    package static let keyFileMinimum = 32

    /// Wraps `master` under `secret` in a new slot.
    ///
    /// - Parameter cost: of a passphrase; the standard takes about 0.3 s and 128 MiB.
    /// - Throws: `wrong-usage` for an empty passphrase or a short key file.
    package init(
        wrapping master: MasterKey, under secret: KeySecret, of repository: RepositoryID, label: String,
        created: Instant, cost: ScryptCost = .standard
    ) throws {
        try Self.check(secret)
        let blank = KeySlot(
            id: Identifier(bytes: try Randomness.bytes(16)), kind: secret.kind, label: label, created: created,
            scrypt: secret.kind == .passphrase ? cost : nil, salt: try Randomness.bytes(32),
            nonce: try Randomness.bytes(FrameCipher.nonceLength), wrapped: [])
        let key = try blank.wrappingKey(secret)
        let cipher = try FrameCipher()
        var wrapped = [UInt8](repeating: 0, count: MasterKey.length + FrameCipher.tagLength)
        try wrapped.withUnsafeMutableBytes { sealed in
            try master.bytes.withBytes { plain in
                try blank.boundBytes(repository).withUnsafeBytes { bound in
                    try cipher.seal(plain, key: key, nonce: blank.nonce, bound: bound, into: sealed)
                }
            }
        }
        self.init(
            id: blank.id, kind: blank.kind, label: label, created: created, scrypt: blank.scrypt, salt: blank.salt,
            nonce: blank.nonce, wrapped: wrapped)
    }

    /// The master key, when `secret` is this slot's; nil when it is not, or when the slot was tampered with, which can't be
    /// told apart.
    ///
    /// - Throws: `key-damaged` when opening would cost more than the limits.
    package func open(with secret: KeySecret, of repository: RepositoryID) throws -> MasterKey? {
        guard secret.kind == kind else { return nil }
        let key = try wrappingKey(secret)
        let cipher = try FrameCipher()
        var isGenuine = false
        let bytes = KeyBytes(count: MasterKey.length) { plain in
            isGenuine = wrapped.withUnsafeBytes { sealed in
                boundBytes(repository).withUnsafeBytes { bound in
                    cipher.open(sealed, key: key, nonce: nonce, bound: bound, into: plain)
                }
            }
        }
        return isGenuine ? MasterKey(bytes) : nil
    }

    /// The master key by the first of `slots` that `secret` opens.
    ///
    /// A slot that asks for too much work is passed over, so that one bad file doesn't keep out the owner of another.
    ///
    /// - Throws: `no-key-matches`.
    package static func open(_ slots: [KeySlot], with secret: KeySecret, of repository: RepositoryID) throws
        -> (master: MasterKey, slot: KeySlot)
    {
        var damage: Fault?
        for slot in slots {
            do {
                if let master = try slot.open(with: secret, of: repository) { return (master, slot) }
            } catch let fault as Fault where fault.code == .keyDamaged {
                damage = fault
            }
        }
        throw Fault(
            .noKeyMatches, "this \(secret.kind.words) opens none of the repository's \(slots.count) keys",
            hint: "try another passphrase, key file or the recovery key", cause: damage)
    }

    private static func check(_ secret: KeySecret) throws {
        switch secret {
        case .passphrase(let text) where text.count == 0:
            throw Fault(.wrongUsage, "the passphrase is empty")
        case .keyFile(let content) where content.count < keyFileMinimum:
            throw Fault(
                .wrongUsage, "the key file has \(content.count) bytes, fewer than \(keyFileMinimum)",
                hint: "make one with `openssl rand -out FILE 32`")
        default: break
        }
    }

    private func wrappingKey(_ secret: KeySecret) throws -> KeyBytes {
        switch secret {
        case .passphrase(let text):
            try text.withBytes { try (scrypt ?? .standard).derive(passphrase: $0, salt: salt) }
        case .keyFile(let content): try derive(content, "holdfast key file 1")
        case .recovery(let key): try derive(key.bytes, "holdfast recovery key 1")
        }
    }

    private func derive(_ secret: KeyBytes, _ info: String) throws -> KeyBytes {
        try secret.withBytes { try Digests.hkdf(secret: $0, salt: salt, info: Array(info.utf8), count: 32) }
    }

    /// What the seal binds: every field but nonce and sealed key, and the repository; each as its length in 4 bytes and
    /// its text.
    private func boundBytes(_ repository: RepositoryID) -> [UInt8] {
        CanonicalText.encode([
            "holdfast key slot", String(Self.format), repository.description, id.description, kind.rawValue, label,
            created.rfc3339(), scrypt.map { String($0.n) } ?? "", scrypt.map { String($0.r) } ?? "",
            scrypt.map { String($0.p) } ?? "", Hexadecimal.encode(salt),
        ])
    }
}

extension KeySlot.Kind {
    /// For messages.
    package var words: String {
        switch self {
        case .passphrase: "passphrase"
        case .keyFile: "key file"
        case .recovery: "recovery key"
        }
    }
}
