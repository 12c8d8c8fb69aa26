/// The first 100 bytes of a SQLite database. Source: sqlite.org/fileformat2.html §1.3.
struct DatabaseHeader: Equatable {
    static let length = 100
    static let magic = Array("SQLite format 3\0".utf8)

    /// Bytes: 512…65536, a power of two.
    let pageSize: Int
    /// 1 for a rollback journal, 2 for a write-ahead log.
    let writeVersion: UInt8
    let readVersion: UInt8
    let changeCounter: UInt32
    /// Size of the database when the file says so; nil when a release before 3.7.0 wrote last and the field is stale.
    let pages: UInt32?

    static func hasMagic(_ bytes: [UInt8]) -> Bool { bytes.starts(with: magic) }

    /// Nil when these are not the first bytes of a database this engine knows.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= Self.length, Self.hasMagic(bytes), Array(bytes[21...23]) == [64, 32, 32] else {
            return nil
        }
        let size = Int(bytes[16]) << 8 | Int(bytes[17])
        let pageSize = size == 1 ? 65_536 : size
        guard pageSize >= 512, pageSize & (pageSize - 1) == 0, (1...2).contains(bytes[18]), (1...2).contains(bytes[19])
        else { return nil }
        self.pageSize = pageSize
        writeVersion = bytes[18]
        readVersion = bytes[19]
        changeCounter = bytes.big32(24)
        let pages = bytes.big32(28)
        self.pages = pages > 0 && bytes.big32(92) == changeCounter ? pages : nil
    }

    var usesLog: Bool { writeVersion == 2 || readVersion == 2 }

    /// Whether a file of `size` bytes is shorter than this header promises.
    func isTruncated(at size: Int64) -> Bool {
        pages.map { size < Int64($0) * Int64(pageSize) } ?? (size < Int64(pageSize))
    }

    /// The page, numbered from 1, that holds the lock bytes and never any content.
    static func lockPage(pageSize: Int) -> UInt32 { UInt32(0x4000_0000 / pageSize) + 1 }
}
