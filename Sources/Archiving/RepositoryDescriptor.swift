import Foundation
package import Model

/// What `repository.json` says: which repository this is, authenticated by its master key.
package struct RepositoryDescriptor: Sendable, Equatable {
    package static let format = 1

    package let id: RepositoryID
    package let created: Instant
    /// HMAC-SHA256 over the fields.
    private let code: [UInt8]

    package init(id: RepositoryID, created: Instant, key: MasterKey) throws {
        self.id = id
        // The text that is authenticated is the one in the file.
        self.created = created.inWholeMilliseconds
        code = try Self.code(id, created, key)
    }

    /// Reads the content of `repository.json`; nothing in it counts before `check`.
    ///
    /// - Throws: `repository-damaged`, or `repository-too-new` for another format.
    package init(_ bytes: [UInt8], name: String) throws {
        let damaged = Fault(.repositoryDamaged, "\(name) is damaged: it does not describe a repository")
        guard let format = try? JSONDecoder().decode(StoredFormat.self, from: Data(bytes)).format else { throw damaged }
        guard format == Self.format else {
            throw Fault(
                .repositoryTooNew, "\(name) is of format \(format), this holdfast reads format \(Self.format)",
                hint: "use a newer holdfast")
        }
        guard let stored = try? JSONDecoder().decode(Stored.self, from: Data(bytes)),
            let code = Hexadecimal.decode(stored.mac), code.count == Digests.length
        else { throw damaged }
        id = stored.id
        created = stored.created
        self.code = code
    }

    /// - Throws: `repository-damaged` when the file is not what was written under this master key.
    package func check(_ key: MasterKey, name: String) throws {
        guard Digests.equal(try Self.code(id, created, key), code) else {
            throw Fault(.repositoryDamaged, "\(name) is damaged: it was not written with this repository's key")
        }
    }

    /// The content of `repository.json`.
    package func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let stored = Stored(format: Self.format, id: id, created: created, mac: Hexadecimal.encode(code))
        do {
            return Array(try encoder.encode(stored)) + Array("\n".utf8)
        } catch {
            throw Fault(.internalError, "cannot describe repository \(id)", cause: error)
        }
    }

    private static func code(_ id: RepositoryID, _ created: Instant, _ key: MasterKey) throws -> [UInt8] {
        let fields = CanonicalText.encode([
            "holdfast repository", String(format), id.description, created.rfc3339(),
        ])
        return try key.repositoryKey(of: id).withBytes { key in
            try fields.withUnsafeBytes { try Digests.hmac(key: key, $0) }
        }
    }

    private struct StoredFormat: Decodable {
        var format: Int
    }

    private struct Stored: Codable {
        var format: Int
        var id: RepositoryID
        var created: Instant
        var mac: String
    }
}
