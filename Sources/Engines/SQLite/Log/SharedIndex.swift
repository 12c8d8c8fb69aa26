import Platform

/// The head of a `-shm` file: how far the log is committed, folded back and read.
/// Source: sqlite.org/walformat.html §2.1, `WalIndexHdr` and `WalCkptInfo` of wal.c. All numbers in native byte order.
struct SharedIndex: Equatable {
    /// The 48 bytes that change with every commit.
    let head: [UInt8]
    /// The reader's marks, by slot.
    let marks: [UInt32]
    /// Frames that a checkpoint has copied into the database for good.
    let backfilled: UInt32
    /// Frames that a checkpoint has begun to copy.
    let backfillAttempted: UInt32

    static let unusedMark = UInt32.max

    private init(head: [UInt8], marks: [UInt32], backfilled: UInt32, backfillAttempted: UInt32) {
        self.head = head
        self.marks = marks
        self.backfilled = backfilled
        self.backfillAttempted = backfillAttempted
    }

    /// What a head that was read before told of the log; nil for anything else.
    init?(head: [UInt8]) {
        guard head.count == 48 else { return nil }
        self.init(head: head, marks: [], backfilled: 0, backfillAttempted: 0)
    }

    /// Reads without a lock, as SQLite's readers do: the writer stores the second copy first.
    ///
    /// Never through a mapping: the file may be cut off by the next client while it is read.
    /// - Returns: nil while a commit is being published, or when no client has set up the index.
    static func read(_ file: File) throws -> SharedIndex? {
        let first = try file.read(count: 48, at: 0)
        let rest = try file.read(count: 88, at: 48)
        guard first.count == 48, rest.count == 88, first.elementsEqual(rest.prefix(48)) else { return nil }
        var checksum = LogChecksum()
        first.withUnsafeBytes {
            checksum.add(UnsafeRawBufferPointer(rebasing: $0[..<40]), bigEndian: Int(bigEndian: 1) == 1)
        }
        guard checksum == LogChecksum(first.native32(40), first.native32(44)), first.native32(0) == 3_007_000,
            first[12] == 1
        else { return nil }
        return SharedIndex(
            head: first, marks: (0..<5).map { rest.native32(52 + 4 * $0) }, backfilled: rest.native32(48),
            backfillAttempted: rest.native32(80))
    }

    /// Waits, half a millisecond between tries, for a commit that is just being published.
    /// - Returns: nil when no client has set up the index.
    static func settled(_ file: File, tries: Int = 100) throws -> SharedIndex? {
        for _ in 0..<tries {
            if let index = try read(file) { return index }
            StampClock.pause(nanoseconds: 500_000)
        }
        return nil
    }

    /// Whether a running client has this index open.
    static func isInUse(_ file: File) throws -> Bool {
        try FileLock.conflict(file, SQLiteLock.deadManSwitch, exclusive: true) != nil
    }

    /// Number of the last committed frame, from 1; 0 when the log holds nothing.
    var lastFrame: UInt32 { head.native32(16) }
    /// 0 when the index was set up from an empty log: then the database's size is the file's.
    var pages: UInt32 { head.native32(20) }
    /// Of the last committed frame.
    var checksum: LogChecksum { LogChecksum(head.native32(24), head.native32(28)) }
    /// Both salts, as stored in the log.
    var salts: [UInt8] { Array(head[32..<40]) }

    /// A slot that no reader uses. Sharing it keeps the log from being started over, and nothing else: checkpoints skip it,
    /// and readers take another. Source: `walCheckpoint`, `walRestartLog` and `walTryBeginRead` of wal.c.
    var unusedSlot: Int? { (1..<5).last { marks[$0] == Self.unusedMark } }

    /// Whether all that is committed is in the main file too.
    var isFoldedBack: Bool { backfilled == lastFrame }

    /// The slot to share: the one whose mark comes nearest to the last commit, else 0.
    ///
    /// A reader in a slot from 1 on keeps checkpoints from copying frames past its mark, and the log from starting over.
    /// One in slot 0 keeps them from copying at all, which does the same while the log isn't folded back completely.
    var bestSlot: Int {
        let usable = (1..<5).filter { marks[$0] != Self.unusedMark && marks[$0] <= lastFrame }
        return usable.max { marks[$0] < marks[$1] } ?? 0
    }
}
