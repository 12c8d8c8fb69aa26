/// What a person or service holds to open one slot of a repository.
package enum KeySecret: Sendable {
    /// UTF-8 text as it was typed, without the line break.
    case passphrase(KeyBytes)
    /// The content of a key file or credential, without a line feed at its end; at least 32 bytes.
    case keyFile(KeyBytes)
    case recovery(RecoveryKey)

    package var kind: KeySlot.Kind {
        switch self {
        case .passphrase: .passphrase
        case .keyFile: .keyFile
        case .recovery: .recovery
        }
    }
}
