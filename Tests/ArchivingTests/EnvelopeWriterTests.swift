import Archiving
import Dispatch
import Model
import Synchronization
import Testing

@Suite struct EnvelopeWriterTests {
    @Test func framesSealedOnFourThreadsAllReadBack() throws {
        let fixture = try EnvelopeFixture()
        let object = MemoryObject()
        let writer = try fixture.writer(to: object)
        let sealed = Mutex<[UInt32: [UInt8]]>([:])
        let faults = Mutex<[Fault]>([])
        DispatchQueue.concurrentPerform(iterations: 4) { worker in
            do {
                let bench = try FrameBench()
                var random = SeededGenerator(seed: UInt64(worker))
                var output = [UInt8](repeating: 0, count: FrameSealer.bound(plainLength: 8192))
                for _ in 0..<50 {
                    let plain = random.rows(8192)
                    let frame = try plain.withUnsafeBytes { plain in
                        try output.withUnsafeMutableBytes { output in
                            let frame = try writer.sealer.seal(.pages, plain, by: bench, into: output)
                            try writer.append(
                                frame, UnsafeRawBufferPointer(output), pageSize: 4096,
                                runs: [PageRun(file: 1, firstPage: 0, count: 2)])
                            return frame
                        }
                    }
                    sealed.withLock { $0[frame.index] = plain }
                }
            } catch {
                faults.withLock { $0.append(Fault.wrapping(error)) }
            }
        }
        #expect(faults.withLock { $0 } == [])
        try writer.finish(by: fixture.bench)
        let reader = try fixture.reader(object)
        #expect(reader.frameCount == 200)
        #expect(sealed.withLock { $0.count } == 200)
        for (index, plain) in sealed.withLock({ $0 }) {
            #expect(try reader.read(index, .pages, by: fixture.bench) == plain)
        }
        try reader.verifyStored(by: fixture.bench)
    }

    @Test func framesMayLieInAnotherOrderThanTheirIndices() throws {
        let fixture = try EnvelopeFixture()
        let object = MemoryObject()
        let writer = try fixture.writer(to: object)
        let frames = try (0..<3).map { try seal(.record, [UInt8]("frame \($0)".utf8), writer, fixture.bench) }
        for (frame, bytes) in frames.reversed() { try bytes.withUnsafeBytes { try writer.append(frame, $0) } }
        try writer.finish(by: fixture.bench)
        let reader = try fixture.reader(object)
        for index in 0..<3 as Range<UInt32> {
            #expect(try reader.read(index, .record, by: fixture.bench) == [UInt8]("frame \(index)".utf8))
        }
    }

    @Test func indicesRunOutInsteadOfStartingOver() throws {
        let fixture = try EnvelopeFixture()
        let object = MemoryObject()
        let writer = try fixture.writer(to: object, indexLimit: 4)
        try fixture.write(.record, [1], writer)
        try fixture.write(.record, [2], writer)
        #expect(code { try fixture.write(.record, [3], writer) } == .internalError)
        #expect(code { try writer.finish(by: fixture.bench) } == .internalError)
    }

    @Test func anObjectMayUseItsLastIndex() throws {
        let fixture = try EnvelopeFixture()
        let object = MemoryObject()
        let writer = try fixture.writer(to: object, indexLimit: 4)
        try fixture.write(.record, [1], writer)
        try fixture.write(.record, [2], writer)
        try writer.finish(by: fixture.bench)
        try fixture.reader(object).verifyStored(by: fixture.bench)
    }

    @Test func aSealedFrameThatWasLostKeepsTheObjectFromFinishing() throws {
        let fixture = try EnvelopeFixture()
        let writer = try fixture.writer(to: MemoryObject())
        _ = try seal(.record, [1], writer, fixture.bench)
        #expect(code { try writer.finish(by: fixture.bench) } == .internalError)
    }

    @Test func aFrameIsAppendedOnce() throws {
        let fixture = try EnvelopeFixture()
        let writer = try fixture.writer(to: MemoryObject())
        let (frame, bytes) = try seal(.record, [1], writer, fixture.bench)
        try bytes.withUnsafeBytes { try writer.append(frame, $0) }
        #expect(code { try bytes.withUnsafeBytes { try writer.append(frame, $0) } } == .internalError)
    }

    @Test func aFrameOfAnotherObjectIsNotAppended() throws {
        let fixture = try EnvelopeFixture()
        let (frame, bytes) = try seal(.record, [1], fixture.writer(to: MemoryObject()), fixture.bench)
        let other = try fixture.writer(to: MemoryObject())
        #expect(code { try bytes.withUnsafeBytes { try other.append(frame, $0) } } == .internalError)
    }

    @Test func afterAFailureNothingMoreIsWritten() throws {
        let fixture = try EnvelopeFixture()
        let object = MemoryObject(room: 220)
        let writer = try fixture.writer(to: object)
        #expect(code { try fixture.write(.record, [UInt8](repeating: 1, count: 60), writer) } == nil)
        let length = object.bytes.count
        #expect(code { try fixture.write(.record, [UInt8](repeating: 1, count: 60), writer) } == .outOfSpace)
        #expect(code { try fixture.write(.record, [], writer) } == .outOfSpace)
        #expect(code { try writer.finish(by: fixture.bench) } == .outOfSpace)
        #expect(object.bytes.count == length)
    }

    @Test func anObjectIsFinishedOnce() throws {
        let fixture = try EnvelopeFixture()
        let object = MemoryObject()
        let writer = try fixture.writer(to: object)
        try writer.finish(by: fixture.bench)
        #expect(code { try writer.finish(by: fixture.bench) } == .internalError)
        #expect(code { try fixture.write(.record, [1], writer) } == .internalError)
    }

    @Test func whatTheFormatDoesNotHaveIsRefused() throws {
        let fixture = try EnvelopeFixture()
        func refusal(_ kind: FrameKind, _ plain: [UInt8], _ pageSize: UInt32, _ runs: [PageRun]) throws -> Code? {
            let writer = try fixture.writer(to: MemoryObject())
            return code { try fixture.write(kind, plain, writer, pageSize: pageSize, runs: runs) }
        }
        #expect(try refusal(.contents, [1], 0, []) == .internalError)
        #expect(try refusal(.footer, [1], 0, []) == .internalError)
        #expect(try refusal(.pages, [1], 0, []) == .internalError)
        #expect(try refusal(.record, [1], 1, [fixture.run(1, 0, 1)]) == .internalError)
        let long = [UInt8](repeating: 0, count: FrameKind.pages.plainLimit + 1)
        #expect(try refusal(.pages, long, 1, [fixture.run(1, 0, 1)]) == .internalError)
    }

    private func seal(_ kind: FrameKind, _ plain: [UInt8], _ writer: EnvelopeWriter, _ bench: FrameBench) throws
        -> (SealedFrame, [UInt8])
    {
        var output = [UInt8](repeating: 0, count: FrameSealer.bound(plainLength: plain.count))
        let frame = try plain.withUnsafeBytes { plain in
            try output.withUnsafeMutableBytes { try writer.sealer.seal(kind, plain, by: bench, into: $0) }
        }
        return (frame, output)
    }
}
