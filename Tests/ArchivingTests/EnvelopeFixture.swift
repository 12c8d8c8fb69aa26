import Archiving
import Model

/// A repository's key and objects written with it.
struct EnvelopeFixture {
    let master: MasterKey
    let bench: FrameBench
    var identity = EnvelopeIdentity(kind: .pack, repository: .random(), unit: .random(), sequence: 7, qualifier: 99)

    init(compression: Compression = .fast) throws {
        master = try .random()
        bench = try FrameBench(compression: compression)
    }

    func writer(to object: MemoryObject, indexLimit: UInt32 = .max) throws -> EnvelopeWriter {
        try EnvelopeWriter(identity, name: "packs/7", key: master, to: object, indexLimit: indexLimit)
    }

    func reader(_ object: MemoryObject) throws -> EnvelopeReader {
        try EnvelopeReader(identity, name: "packs/7", key: master, from: object, by: bench)
    }

    /// Opens and verifies bytes as the fixture's object.
    func verify(_ bytes: [UInt8]) throws { try reader(MemoryObject(bytes)).verifyStored(by: bench) }

    /// A page frame, a delta frame and a record, of a few hundred bytes in all.
    func smallObject() throws -> [UInt8] {
        let object = MemoryObject()
        let writer = try writer(to: object)
        try write(.pages, Array(repeating: 5, count: 128), writer, pageSize: 64, runs: [run(1, 10, 2)])
        try write(.delta, Array("delta".utf8), writer)
        try write(.record, Array("{\"format\": 1}".utf8), writer)
        try writer.finish(by: bench)
        return object.bytes
    }

    func write(
        _ kind: FrameKind, _ plain: [UInt8], _ writer: EnvelopeWriter, pageSize: UInt32 = 0, runs: [PageRun] = []
    ) throws {
        _ = try plain.withUnsafeBytes { try writer.write(kind, $0, by: bench, pageSize: pageSize, runs: runs) }
    }

    func run(_ file: UInt32, _ firstPage: UInt32, _ count: UInt32) -> PageRun {
        PageRun(file: file, firstPage: firstPage, count: count)
    }
}

/// The code of the fault that `body` throws; nil when it throws none.
func code(_ body: () throws -> Void) -> Code? {
    do {
        try body()
        return nil
    } catch {
        return Fault.wrapping(error).code
    }
}
