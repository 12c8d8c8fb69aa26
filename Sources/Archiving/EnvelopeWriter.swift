import Model
import Synchronization

/// Where an envelope's bytes go.
package protocol EnvelopeSink: AnyObject, Sendable {
    /// Appends all of `bytes` and returns the offset of the first.
    func append(_ bytes: UnsafeRawBufferPointer) throws -> UInt64
}

/// Writes one object: header, frames as they come, contents, footer.
///
/// Salt and nonce prefix are drawn by the writer, so that no object is ever written on from another's state. After any
/// failure it tells that failure to every further call: abandon the object and write a new one. Safe on any thread; frames are appended
/// one at a time, in any order.
package final class EnvelopeWriter: Sendable {
    private struct State {
        var length: UInt64 = 0
        var frames: [UInt32: Placed] = [:]
        var contentsLength = ContentsTable.countLength
        var isFinished = false
        /// The first one; told again to whoever goes on, also on another thread.
        var failure: (any Error)?
    }

    private struct Placed {
        var kind: FrameKind
        var offset: UInt64
        var storedLength: UInt32
        var pageSize: UInt32
        var runs: [PageRun]
    }

    /// Seals the frames to append.
    package let sealer: FrameSealer

    private let label: ObjectLabel
    private let sink: any EnvelopeSink
    private let state = Mutex(State())

    /// Appends the header.
    ///
    /// - Parameters:
    ///   - name: how faults name the object.
    ///   - indexLimit: frames that the object may have, contents and footer included; for tests.
    package init(
        _ identity: EnvelopeIdentity, name: String, key: MasterKey, to sink: any EnvelopeSink,
        indexLimit: UInt32 = .max
    ) throws {
        precondition(indexLimit >= 2)
        let header = try EnvelopeHeader(fresh: identity)
        label = ObjectLabel(kind: identity.kind, name: name)
        self.sink = sink
        sealer = FrameSealer(
            header: header, key: try key.objectKey(header), label: label, indexLimit: indexLimit)
        try header.bytes.withUnsafeBytes { bytes in
            try state.withLock { state in _ = try append(bytes, &state) }
        }
    }

    /// Bytes appended so far.
    package var length: UInt64 { state.withLock { $0.length } }

    /// Appends a frame that `sealer` sealed.
    ///
    /// - Parameters:
    ///   - bytes: the buffer it was sealed into; read up to the frame's stored length.
    ///   - pageSize: bytes of a page, for page frames; else 0.
    ///   - runs: the pages it holds in slot order, for page frames.
    /// - Throws: `internal-error` for a frame that doesn't belong here or for contents past the limit, else what the sink
    ///   throws.
    package func append(
        _ frame: SealedFrame, _ bytes: UnsafeRawBufferPointer, pageSize: UInt32 = 0, runs: [PageRun] = []
    ) throws {
        try guarded { state in
            guard sealer.made(frame) else {
                throw label.refused("frame \(frame.index) was sealed for another object")
            }
            guard state.frames[frame.index] == nil else {
                throw label.refused("frame \(frame.index) was appended before")
            }
            guard (frame.kind == .pages) == !runs.isEmpty, (pageSize > 0) == !runs.isEmpty,
                runs.count <= ContentsTable.runLimit
            else { throw label.refused("frame \(frame.index) and its page runs do not fit") }
            state.contentsLength += ContentsTable.entryLength + runs.count * ContentsTable.runLength
            guard state.contentsLength <= FrameKind.contents.plainLimit else {
                throw label.refused("its contents are too long")
            }
            let offset = try append(UnsafeRawBufferPointer(rebasing: bytes[..<frame.storedLength]), &state)
            state.frames[frame.index] = Placed(
                kind: frame.kind, offset: offset, storedLength: UInt32(frame.storedLength), pageSize: pageSize,
                runs: runs)
        }
    }

    /// Seals and appends a frame at once; for callers without workers.
    ///
    /// - Returns: the frame's index.
    @discardableResult
    package func write(
        _ kind: FrameKind, _ plain: UnsafeRawBufferPointer, by bench: FrameBench, pageSize: UInt32 = 0,
        runs: [PageRun] = []
    ) throws -> UInt32 {
        let output = bench.sealedMemory(FrameSealer.bound(plainLength: plain.count))
        let frame = try guardedSeal { try sealer.seal(kind, plain, by: bench, into: output) }
        try append(frame, UnsafeRawBufferPointer(output), pageSize: pageSize, runs: runs)
        return frame.index
    }

    /// Appends contents and footer; the object is complete, not yet durable.
    ///
    /// - Returns: the length of the object.
    /// - Throws: `internal-error` when a sealed frame was never appended.
    @discardableResult
    package func finish(by bench: FrameBench) throws -> UInt64 {
        try guarded { state in
            guard sealer.sealedCount == UInt64(state.frames.count) else {
                throw label.refused("a sealed frame was not appended")
            }
            let contents = try seal(.contents, contents(of: state).encoded, by: bench, &state)
            let footer = Footer(
                contentsOffset: contents.offset, contentsLength: UInt32(contents.frame.storedLength),
                frameCount: UInt32(state.frames.count), objectLength: state.length + UInt64(Footer.storedLength))
            _ = try seal(.footer, footer.bytes, by: bench, &state)
            state.isFinished = true
            return state.length
        }
    }

    private func contents(of state: State) throws -> ContentsTable {
        var table = ContentsTable()
        for index in 0..<UInt32(state.frames.count) {
            guard let frame = state.frames[index] else { throw label.refused("frame \(index) was not appended") }
            table.append(
                kind: frame.kind, offset: frame.offset, storedLength: frame.storedLength, pageSize: frame.pageSize,
                runs: frame.runs)
        }
        return table
    }

    private func seal(_ kind: FrameKind, _ plain: [UInt8], by bench: FrameBench, _ state: inout State) throws
        -> (frame: SealedFrame, offset: UInt64)
    {
        try plain.withUnsafeBytes { plain in
            let output = bench.sealedMemory(FrameSealer.bound(plainLength: plain.count))
            let frame = try sealer.sealAny(kind, plain, by: bench, into: output)
            let bytes = UnsafeRawBufferPointer(rebasing: output[..<frame.storedLength])
            return (frame, try append(bytes, &state))
        }
    }

    private func append(_ bytes: UnsafeRawBufferPointer, _ state: inout State) throws -> UInt64 {
        let offset = try sink.append(bytes)
        guard offset == state.length else {
            throw Fault(.inputOutput, "\(label.name) was written to by somebody else")
        }
        state.length += UInt64(bytes.count)
        return offset
    }

    private func guarded<Result: Sendable>(_ body: (inout State) throws -> Result) throws -> Result {
        try state.withLock { state in
            if let failure = state.failure { throw failure }
            guard !state.isFinished else { throw label.refused("it is finished") }
            do {
                return try body(&state)
            } catch {
                state.failure = error
                throw error
            }
        }
    }

    private func guardedSeal(_ body: () throws -> SealedFrame) throws -> SealedFrame {
        do {
            return try body()
        } catch {
            state.withLock { $0.failure = $0.failure ?? error }
            throw error
        }
    }
}
