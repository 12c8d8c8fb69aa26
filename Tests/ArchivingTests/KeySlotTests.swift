import Archiving
import Foundation
import Model
import Testing

@Suite struct KeySlotTests {
    private let repository = RepositoryID.random()
    private let master: MasterKey
    private let cost = ScryptCost(n: 1024, r: 8, p: 1)
    private let created = Instant(microseconds: 1_795_000_000_123_456)

    init() throws { master = try .random() }

    @Test func everyKindOfKeyOpens() throws {
        let recovery = try RecoveryKey.random()
        let typed = try RecoveryKey(words: recovery.words().joined(separator: "-").uppercased())
        let pairs: [(KeySecret, KeySecret)] = [
            (passphrase("Zürich 8004"), passphrase("Zürich 8004")), (keyFile(1), keyFile(1)),
            (.recovery(recovery), .recovery(typed)),
        ]
        for (made, given) in pairs {
            let slot = try KeySlot(try slot(made).encoded(), name: "k")
            let opened = try #require(try slot.open(with: given, of: repository))
            #expect(try isMaster(opened))
            #expect(slot.kind == given.kind)
            #expect(slot.label == "ops \"é\"")
            #expect(slot.created.rfc3339() == created.rfc3339())
        }
    }

    @Test func theTimesThatAreAuthenticatedHaveTheFormOfTheSpecification() throws {
        let descriptor = try RepositoryDescriptor(id: repository, created: created, key: master)
        for bytes in [try slot(keyFile(1)).encoded(), try descriptor.encoded()] {
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(text.contains("\"2026-11-18T11:06:40.123Z\""), "\(text)")
        }
    }

    @Test func theRightSlotIsFoundAmongOthers() throws {
        let slots = [try slot(passphrase("one")), try slot(keyFile(2)), try slot(passphrase("three"))]
        let (opened, slot) = try KeySlot.open(slots, with: passphrase("three"), of: repository)
        #expect(try isMaster(opened))
        #expect(slot == slots[2])
    }

    @Test func aWrongSecretMatchesNoKey() throws {
        let slots = [try slot(passphrase("right")), try slot(keyFile(1)), try slot(.recovery(.random()))]
        for secret in [passphrase("wrong"), keyFile(2), .recovery(try .random())] {
            #expect(code { _ = try KeySlot.open(slots, with: secret, of: repository) } == .noKeyMatches)
        }
        #expect(code { _ = try KeySlot.open([], with: passphrase("right"), of: repository) } == .noKeyMatches)
    }

    @Test func aSlotOfAnotherRepositoryOpensNothing() throws {
        let slot = try slot(passphrase("right"))
        #expect(code { _ = try KeySlot.open([slot], with: passphrase("right"), of: .random()) } == .noKeyMatches)
    }

    @Test func everyTamperedFieldIsNoticed() throws {
        let bytes = try slot(passphrase("right")).encoded()
        let fields = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        let changes: [String: Any] = [
            "id": Identifier.random().description, "kind": "key-file", "label": "other",
            "created": "2020-01-01T00:00:00.000Z", "scrypt": ["n": 2048, "r": 8, "p": 1],
            "salt": String(repeating: "ab", count: 32), "nonce": String(repeating: "ab", count: 12),
            "wrapped": String(repeating: "ab", count: 48), "format": 2,
        ]
        #expect(Set(changes.keys) == Set(fields.keys))
        for (name, value) in changes {
            var tampered = fields
            tampered[name] = value
            let found = try openCode(tampered)
            #expect(
                found == (name == "format" ? .repositoryTooNew : found == .keyDamaged ? found : .noKeyMatches),
                "\(name)")
            #expect(found != nil)
            tampered[name] = nil
            #expect(try openCode(tampered) == .keyDamaged, "without \(name)")
        }
    }

    @Test(arguments: [
        ScryptCost(n: 1 << 21, r: 8, p: 1), ScryptCost(n: 1024, r: 8, p: 5), ScryptCost(n: 1000, r: 8, p: 1),
        ScryptCost(n: 1 << 63, r: 1 << 40, p: 1), ScryptCost(n: 0, r: 0, p: 0),
    ])
    func aSlotThatAsksForTooMuchIsNotWorkedOn(cost: ScryptCost) throws {
        let bytes = try slot(passphrase("right")).encoded()
        var fields = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        fields["scrypt"] = ["n": cost.n, "r": cost.r, "p": cost.p]
        let greedy = try KeySlot([UInt8](try JSONSerialization.data(withJSONObject: fields)), name: "k")
        #expect(code { _ = try greedy.open(with: passphrase("right"), of: repository) } == .keyDamaged)
        let good = try slot(passphrase("right"))
        #expect(try isMaster(KeySlot.open([greedy, good], with: passphrase("right"), of: repository).master))
    }

    @Test func weakSecretsMakeNoSlot() {
        #expect(code { _ = try slot(passphrase("")) } == .wrongUsage)
        let short = KeySecret.keyFile(KeyBytes(copying: [UInt8](repeating: 1, count: 31)))
        #expect(code { _ = try slot(short) } == .wrongUsage)
    }

    @Test func whatIsNoSlotIsDamaged() {
        for text in ["", "{}", "[1]", "{\"format\": 1}", "\u{0}"] {
            #expect(code { _ = try KeySlot(Array(text.utf8), name: "k") } == .keyDamaged)
        }
    }

    @Test func theDescriptorHoldsOnlyUnderItsKey() throws {
        let descriptor = try RepositoryDescriptor(id: repository, created: created, key: master)
        let bytes = try descriptor.encoded()
        let read = try RepositoryDescriptor(bytes, name: "repository.json")
        try read.check(master, name: "repository.json")
        #expect(read.id == repository)
        let other = try MasterKey.random()
        #expect(code { try read.check(other, name: "repository.json") } == .repositoryDamaged)
        let text = String(decoding: bytes, as: UTF8.self)
        let renamed = text.replacing(repository.description, with: Identifier.random().description)
        let moved = try RepositoryDescriptor(Array(renamed.utf8), name: "repository.json")
        #expect(code { try moved.check(master, name: "repository.json") } == .repositoryDamaged)
        let newer = text.replacing("\"format\" : 1", with: "\"format\" : 2")
        #expect(code { _ = try RepositoryDescriptor(Array(newer.utf8), name: "r") } == .repositoryTooNew)
        #expect(code { _ = try RepositoryDescriptor([1], name: "r") } == .repositoryDamaged)
    }

    private func slot(_ secret: KeySecret) throws -> KeySlot {
        try KeySlot(
            wrapping: master, under: secret, of: repository, label: "ops \"é\"", created: created, cost: cost)
    }

    private func passphrase(_ text: String) -> KeySecret { .passphrase(KeyBytes(copying: Array(text.utf8))) }

    private func keyFile(_ byte: UInt8) -> KeySecret { .keyFile(KeyBytes(copying: Array(repeating: byte, count: 32))) }

    private func openCode(_ fields: [String: Any]) throws -> Code? {
        let bytes = [UInt8](try JSONSerialization.data(withJSONObject: fields))
        return code {
            _ = try KeySlot.open([KeySlot(bytes, name: "k")], with: passphrase("right"), of: repository)
        }
    }

    /// Two master keys are one when they hash pages alike.
    private func isMaster(_ key: MasterKey) throws -> Bool {
        let page: [UInt8] = [1, 2, 3]
        let left = try key.pageHasher(of: repository)
        let right = try master.pageHasher(of: repository)
        return page.withUnsafeBytes { left.hash($0) == right.hash($0) }
    }
}
