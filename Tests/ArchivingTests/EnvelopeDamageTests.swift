import Archiving
import Model
import Testing

@Suite struct EnvelopeDamageTests {
    private let fixture: EnvelopeFixture
    private let object: [UInt8]

    init() throws {
        fixture = try EnvelopeFixture()
        object = try fixture.smallObject()
        try fixture.verify(object)
    }

    @Test func everyChangedByteIsFound() {
        for offset in object.indices {
            for change: UInt8 in [0x01, 0x80, 0xff] {
                var bytes = object
                bytes[offset] ^= change
                let found = code { try fixture.verify(bytes) }
                #expect(found == .packDamaged || found == .repositoryTooNew, "byte \(offset) xor \(change)")
            }
        }
    }

    @Test func everyTruncationIsFound() {
        for length in object.indices {
            #expect(code { try fixture.verify(Array(object[..<length])) } == .packDamaged, "length \(length)")
        }
    }

    @Test func addedBytesAreFound() {
        #expect(code { try fixture.verify(object + [0]) } == .packDamaged)
        #expect(code { try fixture.verify(object + object) } == .packDamaged)
        for offset in [0, 96, 97, object.count - 72] {
            var bytes = object
            bytes.insert(0, at: offset)
            #expect(code { try fixture.verify(bytes) } == .packDamaged, "at \(offset)")
        }
    }

    @Test func framesSwappedInsideAnObjectAreFound() throws {
        let written = MemoryObject()
        let writer = try fixture.writer(to: written)
        try fixture.write(.record, Array("left!".utf8), writer)
        try fixture.write(.record, Array("right".utf8), writer)
        try writer.finish(by: fixture.bench)
        let bytes = written.bytes
        let length = 32 + 5 + 16
        let left = bytes[96..<96 + length]
        let right = bytes[96 + length..<96 + 2 * length]
        let swapped = Array(bytes[..<96] + right + left + bytes[(96 + 2 * length)...])
        #expect(code { try fixture.verify(swapped) } == .packDamaged)
        // With headers left in place, so that only bodies change places.
        let bodies = Array(
            bytes[..<96] + left.prefix(32) + right.dropFirst(32) + right.prefix(32) + left.dropFirst(32)
                + bytes[(96 + 2 * length)...])
        #expect(code { try fixture.verify(bodies) } == .packDamaged)
    }

    @Test func framesOfAnotherObjectAreFound() throws {
        let other = try fixture.smallObject()
        #expect(other.count == object.count)
        for part in [0..<96, 96..<150, 150..<object.count - 72, object.count - 72..<object.count] {
            var bytes = object
            bytes.replaceSubrange(part, with: other[part])
            #expect(code { try fixture.verify(bytes) } == .packDamaged, "bytes \(part)")
        }
    }

    @Test func anObjectUnderAnothersNameIsFound() throws {
        var other = fixture
        for change in 0..<5 {
            other.identity = fixture.identity
            switch change {
            case 0: other.identity.sequence += 1
            case 1: other.identity.qualifier += 1
            case 2: other.identity.unit = .random()
            case 3: other.identity.repository = .random()
            default: other.identity.kind = .map
            }
            let found = code { try other.verify(object) }
            #expect(found == other.identity.kind.damageCode, "change \(change)")
        }
    }

    @Test(arguments: [ObjectKind.point, .pack, .map, .mark]) func faultsNameTheObject(_ kind: ObjectKind) throws {
        let source = MemoryObject([1, 2, 3])
        let identity = EnvelopeIdentity(kind: kind, repository: .random(), unit: .random(), sequence: 1)
        do {
            _ = try EnvelopeReader(identity, name: "db/x/7", key: fixture.master, from: source, by: fixture.bench)
            Issue.record("three bytes were taken for an object")
        } catch let fault as Fault {
            #expect(fault.code == kind.damageCode)
            #expect(fault.message.contains("db/x/7"))
            #expect(fault.context["object"] == "db/x/7")
        }
    }

    @Test func anotherKeyOpensNothing() throws {
        let other = try MasterKey.random()
        let found = code {
            _ = try EnvelopeReader(
                fixture.identity, name: "packs/7", key: other, from: MemoryObject(object), by: fixture.bench)
        }
        #expect(found == .packDamaged)
    }

    @Test(arguments: [(3, UInt8(ascii: "2")), (4, 9), (5, 1), (6, 1)])
    func laterFormatsAreRefusedAsSuch(offset: Int, value: UInt8) {
        var bytes = object
        bytes[offset] = value
        #expect(code { try fixture.verify(bytes) } == .repositoryTooNew)
    }

    /// Lengths in clear headers are not trusted: 4 GiB stated, nothing near it read.
    @Test(arguments: [12, 16]) func statedLengthsAllocateNothing(offset: Int) {
        var bytes = object
        for start in [96, object.count - 72] {
            bytes.replaceSubrange(start + offset..<start + offset + 4, with: [255, 255, 255, 255])
            #expect(code { try fixture.verify(bytes) } == .packDamaged)
        }
    }
}
