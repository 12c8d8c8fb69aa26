import Archiving
import Model
import Testing

@Suite struct EnvelopeTests {
    @Test(arguments: Compression.allCases) func readsBackWhatWasWritten(_ compression: Compression) throws {
        let fixture = try EnvelopeFixture(compression: compression)
        var random = SeededGenerator(seed: 1)
        let pages = random.rows(256 << 10)
        let noise = random.bytes(256 << 10)
        let object = MemoryObject()
        let writer = try fixture.writer(to: object)
        try fixture.write(.pages, pages, writer, pageSize: 4096, runs: [fixture.run(1, 0, 64)])
        try fixture.write(.pages, noise, writer, pageSize: 4096, runs: [fixture.run(1, 90, 60), fixture.run(2, 4, 4)])
        try fixture.write(.delta, [], writer)
        try fixture.write(.record, Array("{}".utf8), writer)
        #expect(try writer.finish(by: fixture.bench) == UInt64(object.bytes.count))

        let reader = try fixture.reader(object)
        #expect(reader.frameCount == 4)
        #expect(try reader.read(0, .pages, by: fixture.bench) == pages)
        #expect(try reader.read(1, .pages, by: fixture.bench) == noise)
        #expect(try reader.read(2, .delta, by: fixture.bench).isEmpty)
        #expect(try reader.read(3, .record, by: fixture.bench) == Array("{}".utf8))
        try reader.verifyStored(by: fixture.bench)
    }

    @Test func contentsNameThePagesOfEveryFrame() throws {
        let fixture = try EnvelopeFixture()
        let object = MemoryObject()
        let writer = try fixture.writer(to: object)
        let runs = [fixture.run(1, 90, 60), fixture.run(2, 4, 4)]
        try fixture.write(.record, [1], writer)
        try fixture.write(.pages, [UInt8](repeating: 1, count: 64 * 512), writer, pageSize: 512, runs: runs)
        try writer.finish(by: fixture.bench)
        let contents = try fixture.reader(object).contents
        #expect(contents.entries.map(\.kind) == [.record, .pages])
        #expect(contents.entries.map(\.pageSize) == [0, 512])
        #expect(Array(contents.runs(of: contents.entries[1])) == runs)
        #expect(contents.runs(of: contents.entries[0]).isEmpty)
    }

    @Test func anObjectWithoutFramesIsWhole() throws {
        let fixture = try EnvelopeFixture()
        let object = MemoryObject()
        try fixture.writer(to: object).finish(by: fixture.bench)
        let reader = try fixture.reader(object)
        #expect(reader.frameCount == 0)
        try reader.verifyStored(by: fixture.bench)
    }

    @Test func theSameContentNeverLooksTheSame() throws {
        let fixture = try EnvelopeFixture()
        let first = try fixture.smallObject()
        let second = try fixture.smallObject()
        #expect(first.count == second.count)
        #expect(first[56...] != second[56...])
        #expect(zip(first[128...], second[128...]).filter { $0 == $1 }.count < first.count / 2)
    }

    @Test func aFrameLongerThanTheCallersBufferIsRefused() throws {
        let fixture = try EnvelopeFixture()
        let reader = try fixture.reader(MemoryObject(fixture.smallObject()))
        var buffer = [UInt8](repeating: 0, count: 127)
        let refusal = code {
            try buffer.withUnsafeMutableBytes { _ = try reader.read(0, .pages, into: $0, by: fixture.bench) }
        }
        #expect(refusal == .packDamaged)
        #expect(code { _ = try reader.read(0, .delta, by: fixture.bench) } == .packDamaged)
        #expect(code { _ = try reader.read(3, .record, by: fixture.bench) } == .packDamaged)
    }
}
