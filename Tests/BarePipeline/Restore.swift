/// Unpacks what `store` packed.
///
/// - Returns: a line that says what inflated it.
func restore(_ packed: String, to target: String) throws -> String {
    let input = try File(reading: packed)
    let output = try File(creating: target)
    let (places, length) = try PackedFile.places(in: input)
    let kind = try fastest(input, places, length)
    try Workers.share(places.count) { next in
        let opener = try Opener(kind)
        while let block = next() {
            let plain = opener.plain.first(PackedFile.plainLength(of: block, in: length))
            let content = try opener.content(of: block, at: places[block], in: input)
            guard opener.inflater.inflate(content, into: plain) else {
                throw Failure(text: "cannot inflate block \(block)")
            }
            try output.write(UnsafeRawBufferPointer(plain), at: block * PackedFile.blockLength)
        }
    }
    try output.sync()
    return "bytes=\(length) inflate=\(kind.rawValue)"
}

/// Which inflater takes the least time for a few blocks.
private func fastest(_ input: File, _ places: [PackedFile.Place], _ length: Int) throws -> Inflater.Kind {
    var times: [(kind: Inflater.Kind, time: Duration)] = []
    for kind in Inflater.Kind.allCases {
        guard let opener = try? Opener(kind) else { continue }
        var time = Duration.zero
        for block in places.indices.prefix(4) {
            let content = try opener.content(of: block, at: places[block], in: input)
            let plain = opener.plain.first(PackedFile.plainLength(of: block, in: length))
            // The first one warms up.
            let inflated = ContinuousClock().measure { _ = opener.inflater.inflate(content, into: plain) }
            if block > 0 { time += inflated }
        }
        times.append((kind, time))
    }
    return times.min { $0.time < $1.time }?.kind ?? .isal
}

/// Cipher, codec and memory of one thread.
private final class Opener {
    let plain = Buffer(PackedFile.blockLength)
    let inflater: Inflater
    private let sealed = Buffer(PackedFile.blockLength + 4096)
    private let cipher: Cipher

    init(_ kind: Inflater.Kind) throws {
        inflater = Inflater(kind)
        cipher = try Cipher(sealing: false)
    }

    func content(of block: Int, at place: PackedFile.Place, in file: File) throws -> UnsafeRawBufferPointer {
        let bytes = sealed.first(Int(place.length))
        try file.read(into: bytes, at: Int(place.offset))
        try cipher.open(bytes, block: block)
        return UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count - Cipher.tagLength)])
    }
}
