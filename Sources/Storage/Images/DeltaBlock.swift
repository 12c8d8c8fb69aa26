import Archiving
import Model

/// The content of one delta frame: up to 4,096 pages with their places and hashes, sorted by page.
///
/// Layout: extent count (4 bytes), page count (4), extents (24 each), page hashes (16 each) in the extents' order.
final class DeltaBlock: Sendable {
    static let pageLimit = 4096
    private static let headLength = 8

    let extents: [Extent]
    let hashes: [PageHash]

    init(extents: [Extent], hashes: [PageHash]) {
        self.extents = extents
        self.hashes = hashes
    }

    var start: PageKey { extents.first?.start ?? .end }

    /// Takes nothing on trust: counts fit the length, extents are sorted, apart, not empty, and name known objects.
    ///
    /// - Parameter damaged: makes the fault.
    init(_ bytes: UnsafeRawBufferPointer, objects: Int, damaged: (String) -> Fault) throws {
        guard bytes.count >= Self.headLength else { throw damaged("a delta ends too early") }
        let extentCount = Int(bytes.little32(at: 0))
        let pageCount = Int(bytes.little32(at: 4))
        guard pageCount >= 1, pageCount <= Self.pageLimit, extentCount >= 1, extentCount <= pageCount,
            bytes.count == Self.headLength + extentCount * Extent.length + pageCount * PageHash.length
        else { throw damaged("a delta has counts that do not fit") }
        var extents: [Extent] = []
        extents.reserveCapacity(extentCount)
        var total = 0
        var end = PageKey.first
        for index in 0..<extentCount {
            let extent = Extent(bytes, at: Self.headLength + index * Extent.length)
            guard extent.count >= 1, Int(extent.count) <= pageCount - total, Int(extent.object) < objects,
                extent.start >= end, UInt64(extent.firstPage) + UInt64(extent.count) <= UInt64(UInt32.max),
                UInt64(extent.slot) + UInt64(extent.count) <= UInt64(UInt32.max)
            else { throw damaged("a delta has pages that do not fit") }
            total += Int(extent.count)
            end = extent.end
            extents.append(extent)
        }
        guard total == pageCount else { throw damaged("a delta has counts that do not fit") }
        let hashesAt = Self.headLength + extentCount * Extent.length
        self.extents = extents
        hashes = [PageHash](unsafeUninitializedCapacity: pageCount) { buffer, count in
            for index in 0..<pageCount {
                buffer.initializeElement(
                    at: index, to: PageHash(from: bytes, at: hashesAt + index * PageHash.length))
            }
            count = pageCount
        }
    }

    static func encode(extents: [Extent], hashes: ArraySlice<PageHash>) -> [UInt8] {
        let length = headLength + extents.count * Extent.length + hashes.count * PageHash.length
        return [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            let bytes = UnsafeMutableRawBufferPointer(buffer)
            bytes.storeLittle32(UInt32(extents.count), at: 0)
            bytes.storeLittle32(UInt32(hashes.count), at: 4)
            var offset = headLength
            for extent in extents {
                extent.write(to: bytes, at: offset)
                offset += Extent.length
            }
            for hash in hashes {
                hash.write(to: bytes, at: offset)
                offset += PageHash.length
            }
            count = length
        }
    }
}

extension Extent {
    fileprivate init(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        self.init(
            file: bytes.little32(at: offset), firstPage: bytes.little32(at: offset + 4),
            count: bytes.little32(at: offset + 8), object: bytes.little32(at: offset + 12),
            frame: bytes.little32(at: offset + 16), slot: bytes.little32(at: offset + 20))
    }

    fileprivate func write(to bytes: UnsafeMutableRawBufferPointer, at offset: Int) {
        bytes.storeLittle32(file, at: offset)
        bytes.storeLittle32(firstPage, at: offset + 4)
        bytes.storeLittle32(count, at: offset + 8)
        bytes.storeLittle32(object, at: offset + 12)
        bytes.storeLittle32(frame, at: offset + 16)
        bytes.storeLittle32(slot, at: offset + 20)
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func little32(at offset: Int) -> UInt32 {
        UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}

extension UnsafeMutableRawBufferPointer {
    fileprivate func storeLittle32(_ number: UInt32, at offset: Int) {
        storeBytes(of: number.littleEndian, toByteOffset: offset, as: UInt32.self)
    }
}
