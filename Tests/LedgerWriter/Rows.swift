/// Numbers that a seed determines (splitmix64).
struct Generator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
}

/// Text as business databases hold it: it compresses by a factor of about 2.7 with zlib's level 1.
struct Prose {
    private static let words: [[UInt8]] = """
        order delivered invoice customer returned payment overdue reminder discount warehouse shipment carrier parcel \
        address changed contact person called back later meeting contract renewed cancelled quarter budget approved \
        pending review quality complaint refund credit note partner account manager region north south east west \
        standard express priority fragile insured customs paper export import stock reserved supplier price list \
        agreement signed offer valid until further notice please confirm receipt regards team support ticket closed \
        reopened escalated urgent monthly yearly statement balance transfer bank booking voucher rebate tax exempt \
        number series batch item article colour size weight pallet truck route driver arrival departure
        """.split(whereSeparator: { $0 == " " || $0 == "\n" }).map { Array($0.utf8) }
    private static let names: [[UInt8]] = """
        Anna Bernd Clara David Emma Felix Greta Hans Ida Jonas Klara Lukas Mia Noah Olga Paul Rita Simon Tina Uwe \
        Schmidt Becker Larsen Novak Rossi Dubois Garcia Kowalski Jensen Meyer Weber Fischer Wagner Hoffmann Keller
        """.split(separator: " ").map { Array($0.utf8) }

    private var generator: Generator
    private var bytes: [UInt8] = []

    init(seed: UInt64) { generator = Generator(seed: seed) }

    mutating func person() -> [UInt8] {
        begin()
        add(Self.names)
        bytes.append(space)
        add(Self.names)
        return bytes
    }

    mutating func reference() -> [UInt8] {
        begin()
        bytes.append(contentsOf: Array("REF-".utf8))
        addDigits(12)
        return bytes
    }

    mutating func remark(words: Int) -> [UInt8] {
        begin()
        for number in 0..<words {
            if number > 0 { bytes.append(space) }
            if number % 4 == 3 { addDigits(4) } else { add(Self.words) }
        }
        return bytes
    }

    mutating func number(below limit: Int) -> Int64 { Int64(generator.below(limit)) }

    private mutating func begin() { bytes.removeAll(keepingCapacity: true) }

    private mutating func add(_ list: [[UInt8]]) { bytes.append(contentsOf: list[generator.below(list.count)]) }

    private mutating func addDigits(_ count: Int) {
        var random = generator.next()
        for _ in 0..<count {
            bytes.append(48 + UInt8(random % 10))
            random /= 10
        }
    }
}

private let space = UInt8(ascii: " ")
