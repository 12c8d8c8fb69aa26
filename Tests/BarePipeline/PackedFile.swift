/// A packed file: sealed blocks in any order, their places, and a trailer with the length of the source.
enum PackedFile {
    static let blockLength = 256 << 10
    static let trailerLength = 16

    /// Where a sealed block lies.
    struct Place: BitwiseCopyable {
        var offset: UInt64 = 0
        var length: UInt64 = 0
    }

    static func blocks(of length: Int) -> Int { (length + blockLength - 1) / blockLength }

    static func plainLength(of block: Int, in length: Int) -> Int { min(blockLength, length - block * blockLength) }

    static func finish(_ file: File, at end: Int, _ places: [Place], sourceLength: Int) throws {
        let trailer = [Place(offset: UInt64(end), length: UInt64(sourceLength))]
        try (places + trailer).withUnsafeBytes { try file.write($0, at: end) }
        try file.sync()
    }

    static func places(in file: File) throws -> (places: [Place], sourceLength: Int) {
        let end = try file.length()
        var trailer = Place()
        try withUnsafeMutableBytes(of: &trailer) { try file.read(into: $0, at: end - trailerLength) }
        let sourceLength = Int(trailer.length)
        var places = [Place](repeating: Place(), count: blocks(of: sourceLength))
        try places.withUnsafeMutableBytes { try file.read(into: $0, at: Int(trailer.offset)) }
        return (places, sourceLength)
    }
}
