import Archiving
import Benchmark
import Model

/// Packing and unpacking a frame's content.
func codecs() {
    for compression in [Compression.fast, .small] {
        Benchmark("codec: pack 256 KiB, \(compression)", configuration: configuration()) { benchmark in
            let (compressor, output) = (Compressor(compression), Memory(Sample.blockLength))
            try Sample.block.withUnsafeBytes { block in
                benchmark.startMeasurement()
                blackHole(try compressor.pack(block, into: output.bytes))
                benchmark.stopMeasurement()
            }
        }
    }
    Benchmark("codec: unpack 256 KiB", configuration: configuration()) { benchmark in
        let (packed, output, inflater) = (Memory(Sample.blockLength), Memory(Sample.blockLength), Inflater())
        let length = try Sample.block.withUnsafeBytes { try Compressor(.fast).pack($0, into: packed.bytes) }
        guard let length else { return benchmark.error("the sample doesn't compress") }
        let content = UnsafeRawBufferPointer(packed.first(length))
        benchmark.startMeasurement()
        let isWhole = inflater.unpack(content, into: output.bytes)
        benchmark.stopMeasurement()
        if !isWhole { benchmark.error("the sample doesn't unpack") }
    }
}

/// Sealing and opening what a frame of 256 KiB packs to.
func ciphers() {
    let length = 96 << 10
    Benchmark("cipher: seal 96 KiB", configuration: configuration()) { benchmark in
        let (cipher, key, sealed) = (try FrameCipher(), try Randomness.key(), Memory(length + FrameCipher.tagLength))
        let nonce = [UInt8](repeating: 1, count: FrameCipher.nonceLength)
        try Sample.block.withUnsafeBytes { block in
            let plain = UnsafeRawBufferPointer(rebasing: block[..<length])
            benchmark.startMeasurement()
            try cipher.seal(
                plain, key: key, nonce: nonce, bound: UnsafeRawBufferPointer(rebasing: block[..<16]), into: sealed.bytes
            )
            benchmark.stopMeasurement()
        }
    }
    Benchmark("cipher: open 96 KiB", configuration: configuration()) { benchmark in
        let (cipher, key, sealed) = (try FrameCipher(), try Randomness.key(), Memory(length + FrameCipher.tagLength))
        let (plain, nonce) = (Memory(length), [UInt8](repeating: 1, count: FrameCipher.nonceLength))
        try Sample.block.withUnsafeBytes { block in
            let bound = UnsafeRawBufferPointer(rebasing: block[..<16])
            let content = UnsafeRawBufferPointer(rebasing: block[..<length])
            try cipher.seal(content, key: key, nonce: nonce, bound: bound, into: sealed.bytes)
            benchmark.startMeasurement()
            let isGenuine = cipher.open(
                UnsafeRawBufferPointer(sealed.bytes), key: key, nonce: nonce, bound: bound, into: plain.bytes)
            benchmark.stopMeasurement()
            if !isGenuine { benchmark.error("the seal doesn't open") }
        }
    }
}

/// The keyed hash by which changed pages are found.
func pageHashes() {
    Benchmark("page hash: 4 KiB", configuration: configuration(.kilo)) { benchmark in
        let secret = KeyBytes(copying: [UInt8](repeating: 3, count: PageHasher.secretLength))
        let hasher = PageHasher(pageSecret: secret, rootSecret: secret)
        Sample.page.withUnsafeBytes { page in
            benchmark.startMeasurement()
            for _ in benchmark.scaledIterations { blackHole(hasher.hash(page)) }
            benchmark.stopMeasurement()
        }
    }
}
