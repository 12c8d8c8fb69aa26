import Glibc

/// A path as the bytes the kernel knows, written as text without loss.
///
/// Linux names are bytes, not text. Bytes that are not UTF-8 are written as the private characters U+EF80…U+EFFF, one a
/// byte, and so are the bytes of such a character in a name: every name has one text, and no two names share one.
package struct NativePath: Sendable, Hashable {
    package let bytes: [UInt8]

    package init(bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

    package init(_ text: String) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            if (0xEF80...0xEFFF).contains(scalar.value) {
                bytes.append(UInt8(scalar.value - 0xEF00))
            } else {
                bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
        self.bytes = bytes
    }

    package var text: String {
        var text = String.UnicodeScalarView()
        var position = 0
        while position < bytes.count {
            let length = Self.characterLength(bytes[position...])
            var decoder = UTF8()
            var iterator = bytes[position..<position + max(1, length)].makeIterator()
            if length > 0, case .scalarValue(let scalar) = decoder.decode(&iterator),
                !(0xEF80...0xEFFF).contains(scalar.value)
            {
                text.append(scalar)
                position += length
            } else {
                for byte in bytes[position..<position + max(1, length)] {
                    text.append(Unicode.Scalar(UInt16(0xEF00) + UInt16(byte)) ?? "\u{FFFD}")
                }
                position += max(1, length)
            }
        }
        return String(text)
    }

    package func appending(_ suffix: String) -> NativePath { NativePath(bytes: bytes + Array(suffix.utf8)) }

    package func appending(component: [UInt8]) -> NativePath {
        NativePath(bytes: bytes.last == slash ? bytes + component : bytes + [slash] + component)
    }

    package var components: [[UInt8]] { bytes.split(separator: slash).map(Array.init) }

    /// Whether this is `folder` or lies in it.
    package func isInside(_ folder: NativePath) -> Bool {
        let mine = components
        let others = folder.components
        return mine.count >= others.count && Array(mine.prefix(others.count)) == others
    }

    /// Whether both lead the same way, however slashes are written.
    package func isSame(as other: NativePath) -> Bool { components == other.components }

    package func withCString<Result>(_ body: (UnsafePointer<CChar>) throws -> Result) rethrows -> Result {
        try Self.withCString(bytes, body)
    }

    package static func withCString<Result>(
        _ bytes: [UInt8], _ body: (UnsafePointer<CChar>) throws -> Result
    ) rethrows -> Result {
        try (bytes.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return try "".withCString(body) }
            return try body(base)
        }
    }

    /// Bytes of the well-formed UTF-8 sequence at the start of `bytes`; 0 when there is none.
    private static func characterLength(_ bytes: ArraySlice<UInt8>) -> Int {
        guard let first = bytes.first else { return 0 }
        let length = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0
        guard length > 0, bytes.count >= length else { return 0 }
        return String(validating: bytes.prefix(length), as: UTF8.self) == nil ? 0 : length
    }
}

private let slash = UInt8(ascii: "/")
