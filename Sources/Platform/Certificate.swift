package import Model

/// What of an X.509 certificate concerns its age.
package enum Certificate {
    /// When the first certificate of a PEM file ends to be valid; nil for what is none.
    ///
    /// Source: RFC 7468 §5, RFC 5280 §4.1: `Certificate` is a sequence whose first element, `TBSCertificate`, holds
    /// version (tag 0, optional), serial number, signature, issuer and validity in that order.
    package static func expiry(pem text: String) -> Instant? {
        guard let begin = text.firstRange(of: "-----BEGIN CERTIFICATE-----"),
            let end = text[begin.upperBound...].firstRange(of: "-----END CERTIFICATE-----"),
            let bytes = base64(text[begin.upperBound..<end.lowerBound])
        else { return nil }
        return expiry(der: bytes)
    }

    static func expiry(der bytes: [UInt8]) -> Instant? {
        guard let whole = Element(bytes[...]), let body = whole.inner.first else { return nil }
        var fields = body.inner[...]
        // [0] EXPLICIT Version.
        if fields.first?.tag == 0xA0 { fields = fields.dropFirst() }
        guard fields.count > 3 else { return nil }
        let validity = fields[fields.startIndex + 3].inner
        return validity.count == 2 ? time(validity[1]) : nil
    }

    /// UTCTime `YYMMDDHHMMSSZ`, or GeneralizedTime with four digits of a year. Source: RFC 5280 §4.1.2.5.
    private static func time(_ element: Element) -> Instant? {
        var digits = Substring(decoding: element.content, as: UTF8.self)
        guard digits.popLast() == "Z", digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        let isShort = element.tag == 0x17
        guard digits.count == (isShort ? 12 : 14) else { return nil }
        func take(_ count: Int) -> Int {
            defer { digits = digits.dropFirst(count) }
            return Int(digits.prefix(count)) ?? 0
        }
        var year = take(isShort ? 2 : 4)
        if isShort { year += year < 50 ? 2000 : 1900 }
        let (month, day, hour, minute, second) = (take(2), take(2), take(2), take(2), take(2))
        return CivilTime(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
            .secondsSince1970.map { Instant(seconds: $0) }
    }

    private static func base64(_ text: Substring) -> [UInt8]? {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var (bits, count, bytes): (UInt32, Int, [UInt8]) = (0, 0, [])
        for letter in text.utf8 where letter > UInt8(ascii: " ") && letter != UInt8(ascii: "=") {
            guard let value = letters.firstIndex(of: letter) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }

    /// One element of DER. Source: ITU-T X.690 §8.1.
    private struct Element {
        let tag: UInt8
        let content: ArraySlice<UInt8>

        init?(_ bytes: ArraySlice<UInt8>) {
            var rest = bytes
            guard let tag = rest.popFirst(), let first = rest.popFirst() else { return nil }
            var length = Int(first)
            if first & 0x80 != 0 {
                let count = Int(first & 0x7F)
                guard (1...3).contains(count), rest.count >= count else { return nil }
                length = rest.prefix(count).reduce(0) { $0 << 8 | Int($1) }
                rest = rest.dropFirst(count)
            }
            guard rest.count >= length else { return nil }
            self.tag = tag
            content = rest.prefix(length)
        }

        /// The elements that this one is made of, up to what is none.
        var inner: [Element] {
            var elements: [Element] = []
            var rest = content
            while let element = Element(rest) {
                elements.append(element)
                rest = rest[element.content.endIndex...]
            }
            return elements
        }
    }
}
