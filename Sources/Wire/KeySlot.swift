package import Model

package enum KeyKind: String, Sendable, Codable, CaseIterable {
    case passphrase
    case keyFile = "key-file"
    case recovery
}

/// A way to open the repository; holds no secret.
package struct KeySlot: Sendable, Codable, Equatable {
    package var id: String
    package var kind: KeyKind
    package var label: String
    package var created: Instant

    package init(id: String, kind: KeyKind, label: String, created: Instant) {
        self.id = id
        self.kind = kind
        self.label = label
        self.created = created
    }
}

/// Asks for another key slot.
package struct KeyRequest: Sendable, Codable {
    package var kind: KeyKind
    package var label: String
    /// For `passphrase`.
    package var passphrase: String?
    /// For `key-file`: an absolute path; made with mode 0600 when missing.
    package var keyFile: String?
    /// For `recovery`: words that somebody has written down already; nil has new ones drawn and told.
    package var recoveryWords: String?

    package init(
        kind: KeyKind, label: String = "", passphrase: String? = nil, keyFile: String? = nil,
        recoveryWords: String? = nil
    ) {
        self.recoveryWords = recoveryWords
        self.kind = kind
        self.label = label
        self.passphrase = passphrase
        self.keyFile = keyFile
    }

    /// Fields left out take their defaults.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        kind = try fields.decode(KeyKind.self, forKey: .kind)
        label = try fields.decodeIfPresent(String.self, forKey: .label) ?? ""
        passphrase = try fields.decodeIfPresent(String.self, forKey: .passphrase)
        keyFile = try fields.decodeIfPresent(String.self, forKey: .keyFile)
        recoveryWords = try fields.decodeIfPresent(String.self, forKey: .recoveryWords)
    }
}

/// The new slot; for `recovery` with the words, which are shown this once.
package struct KeyReply: Sendable, Codable {
    package var slot: KeySlot
    package var recoveryWords: String?

    package init(slot: KeySlot, recoveryWords: String? = nil) {
        self.slot = slot
        self.recoveryWords = recoveryWords
    }
}

/// A key file for a repository that is still to be made; holds no secret.
package struct KeyFileReply: Sendable, Codable {
    package var path: String
    /// False: it was there already.
    package var made: Bool

    package init(path: String, made: Bool) {
        self.path = path
        self.made = made
    }
}
