import Archiving
import Model

/// Frames of a unit that were read last, and the objects they are in; for one thread.
final class ReaderCache {
    struct Frame {
        var pageSize: Int
        var bytes: [UInt8]
    }

    private struct Key: Hashable {
        var object: ObjectName
        var frame: UInt32
    }

    private let unit: UnitStore
    private let limit: Int
    private var readers: [ObjectName: EnvelopeReader] = [:]
    private var frames: [Key: Frame] = [:]
    /// Oldest first.
    private var readerOrder: [ObjectName] = []
    private var frameOrder: [Key] = []

    /// - Parameter limit: frames, and objects, that are held.
    init(_ unit: UnitStore, limit: Int) {
        self.unit = unit
        self.limit = limit
    }

    /// - Throws: the damage code of the object.
    func frame(_ index: UInt32, of object: ObjectName, by bench: FrameBench) throws -> Frame {
        let key = Key(object: object, frame: index)
        if let known = frames[key] { return known }
        let reader = try reader(object, by: bench)
        let bytes = try reader.payload(index, .pages, by: bench)
        let frame = Frame(pageSize: Int(reader.contents.entries[Int(index)].pageSize), bytes: bytes)
        frames[key] = frame
        frameOrder.append(key)
        if frameOrder.count > limit { frames[frameOrder.removeFirst()] = nil }
        return frame
    }

    private func reader(_ object: ObjectName, by bench: FrameBench) throws -> EnvelopeReader {
        if let known = readers[object] { return known }
        let reader = try unit.open(object, keepsRuns: false, by: bench)
        readers[object] = reader
        readerOrder.append(object)
        if readerOrder.count > limit { readers[readerOrder.removeFirst()] = nil }
        return reader
    }
}
