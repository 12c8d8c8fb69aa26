extension Code {
    /// The code's `MESSAGE_ID` in the systemd journal: 128 bits as 32 hexadecimal digits, the same for ever.
    ///
    /// FNV-1a with 128 bits of `holdfast/` and the code's text, made a UUID of version 8. `journalctl MESSAGE_ID=…` finds
    /// by it. Sources: systemd.io/JOURNAL_NATIVE_PROTOCOL, sd-id128(3), RFC 9562 §5.8.
    package var journalID: String {
        let basis = UInt128(0x6C62_272E_07BB_0142) << 64 | 0x62B8_2175_6295_C58D
        let prime = UInt128(1) << 88 | 0x13B
        let hash = "holdfast/\(rawValue)".utf8.reduce(basis) { ($0 ^ UInt128($1)) &* prime }
        var bytes = (0..<16).map { UInt8(truncatingIfNeeded: hash >> UInt128(120 - $0 * 8)) }
        bytes[6] = bytes[6] & 0x0F | 0x80
        bytes[8] = bytes[8] & 0x3F | 0x80
        return Hexadecimal.encode(bytes)
    }
}
