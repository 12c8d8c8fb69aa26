import Foundation
package import Model

/// One wrapping of a repository's master key: the file `keys/<id>`.
package struct KeySlot: Sendable, Equatable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        case passphrase
        case keyFile = "key-file"
        case recovery
    }

    static let format = 1

    /// Also the name of its file.
    package let id: Identifier
    package let kind: Kind
    /// What admins call it.
    package let label: String
    package let created: Instant
    /// Passphrases only.
    let scrypt: ScryptCost?
    /// 32 random bytes.
    let salt: [UInt8]
    let nonce: [UInt8]
    /// The sealed master key: 32 bytes and the tag.
    let wrapped: [UInt8]

    /// The content of the slot's file.
    package func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(Stored(self))) + Array("\n".utf8)
        } catch {
            throw Fault(.internalError, "cannot write key \(id)", cause: error)
        }
    }

    /// Reads the content of a slot's file.
    ///
    /// - Throws: `key-damaged`, or `repository-too-new` for another format or kind.
    package init(_ bytes: [UInt8], name: String) throws {
        let header: StoredFormat
        do {
            header = try JSONDecoder().decode(StoredFormat.self, from: Data(bytes))
        } catch {
            throw Fault(.keyDamaged, "key \(name) is damaged: it is not a key slot")
        }
        guard header.format == Self.format else {
            throw Fault(.repositoryTooNew, "key \(name) is of a newer format", hint: "use a newer holdfast")
        }
        do {
            self = try JSONDecoder().decode(Stored.self, from: Data(bytes)).slot(name: name)
        } catch let fault as Fault {
            throw fault
        } catch {
            throw Fault(.keyDamaged, "key \(name) is damaged: it is not a key slot")
        }
    }

    init(
        id: Identifier, kind: Kind, label: String, created: Instant, scrypt: ScryptCost?, salt: [UInt8], nonce: [UInt8],
        wrapped: [UInt8]
    ) {
        self.id = id
        self.kind = kind
        self.label = label
        // The text that is authenticated is the one in the file.
        self.created = created.inWholeMilliseconds
        self.scrypt = scrypt
        self.salt = salt
        self.nonce = nonce
        self.wrapped = wrapped
    }
}

private struct StoredFormat: Decodable {
    var format: Int
}

/// A slot as JSON.
private struct Stored: Codable {
    var format: Int
    var id: Identifier
    var kind: KeySlot.Kind
    var label: String
    var created: Instant
    var scrypt: ScryptCost?
    var salt: String
    var nonce: String
    var wrapped: String

    init(_ slot: KeySlot) {
        format = KeySlot.format
        id = slot.id
        kind = slot.kind
        label = slot.label
        created = slot.created
        scrypt = slot.scrypt
        salt = Hexadecimal.encode(slot.salt)
        nonce = Hexadecimal.encode(slot.nonce)
        wrapped = Hexadecimal.encode(slot.wrapped)
    }

    func slot(name: String) throws -> KeySlot {
        guard let salt = Hexadecimal.decode(salt), salt.count == 32, let nonce = Hexadecimal.decode(nonce),
            nonce.count == FrameCipher.nonceLength, let wrapped = Hexadecimal.decode(wrapped),
            wrapped.count == MasterKey.length + FrameCipher.tagLength, (scrypt != nil) == (kind == .passphrase)
        else { throw Fault(.keyDamaged, "key \(name) is damaged: its parts do not fit") }
        return KeySlot(
            id: id, kind: kind, label: label, created: created, scrypt: scrypt, salt: salt, nonce: nonce,
            wrapped: wrapped)
    }
}
