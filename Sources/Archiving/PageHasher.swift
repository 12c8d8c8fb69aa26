import CXXHash

/// Hashes pages, and places of pages for the root, by XXH3-128 with secrets of the repository.
///
/// Source: github.com/Cyan4973/xxHash, `XXH3_128bits_withSecret`; secrets have 192 bytes. Safe on any thread.
package final class PageHasher: Sendable {
    package static let secretLength = 192

    private let pageSecret: KeyBytes
    private let rootSecret: KeyBytes

    /// - Parameters: 192 bytes each.
    package init(pageSecret: KeyBytes, rootSecret: KeyBytes) {
        precondition(pageSecret.count == Self.secretLength && rootSecret.count == Self.secretLength)
        self.pageSecret = pageSecret
        self.rootSecret = rootSecret
    }

    package func hash(_ page: UnsafeRawBufferPointer) -> PageHash {
        pageSecret.withBytes { secret in
            let hash = holdfast_xxh3_128(page.baseAddress, page.count, secret.baseAddress, secret.count)
            return PageHash(low: hash.low64, high: hash.high64)
        }
    }

    /// What one page contributes to the root of its image.
    func term(file: UInt32, page: UInt32, hash: PageHash) -> UInt128 {
        withUnsafeTemporaryAllocation(byteCount: 24, alignment: 8) { place in
            place.put(file, at: 0)
            place.put(page, at: 4)
            hash.write(to: place, at: 8)
            return rootSecret.withBytes { secret in
                let term = holdfast_xxh3_128(place.baseAddress, place.count, secret.baseAddress, secret.count)
                return UInt128(term.high64) << 64 | UInt128(term.low64)
            }
        }
    }
}
