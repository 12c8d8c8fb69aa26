import Model

/// A file system as it is mounted now.
package struct Mount: Sendable, Equatable {
    /// Where it begins.
    package var path: String
    /// Such as `ext4`.
    package var kind: String
    package var isReadOnly: Bool

    package init(path: String, kind: String, isReadOnly: Bool) {
        self.path = path
        self.kind = kind
        self.isReadOnly = isReadOnly
    }

    /// Whether it holds files that stay, and on this machine.
    package var isLocalDisk: Bool {
        [
            "ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "jfs", "reiserfs", "bcachefs", "vfat", "exfat",
            "ntfs3",
        ]
        .contains(kind)
    }

    /// Whether a search for data on this machine may enter it: the top of a container is an overlay.
    package var isSearchable: Bool { isLocalDisk || (kind == "overlay" && path == "/") }
}

/// The table of what is mounted.
package enum Mounts {
    /// In the order of mounting.
    /// - Parameter table: a test's own. Source: proc_pid_mounts(5), fstab(5).
    package static func now(_ table: String = "/proc/self/mounts") throws -> [Mount] {
        parse(String(decoding: try Files.read(table, limit: 8 << 20), as: UTF8.self))
    }

    /// Whether a folder is one that systemd gave this process alone, such as a unit's `/tmp`: what is written there is gone
    /// with the unit, and nobody else sees it.
    ///
    /// - Parameter table: a test's own. Source: proc_pid_mountinfo(5), fields 4 and 5; systemd.exec(5), PrivateTmp=.
    package static func isPrivate(_ folder: String, _ table: String = "/proc/self/mountinfo") throws -> Bool {
        let path = NativePath(folder)
        var found: (depth: Int, isPrivate: Bool) = (-1, false)
        for line in String(decoding: try Files.read(table, limit: 8 << 20), as: UTF8.self)
            .parts(between: ["\n"])
        {
            let fields = line.parts(between: [" "])
            guard fields.count > 4 else { continue }
            let place = unescape(fields[4])
            guard path.isInside(place), place.components.count >= found.depth else { continue }
            let isOwn = fields[3].parts(between: ["/"]).contains { $0.begins(with: "systemd-private-") }
            found = (place.components.count, isOwn)
        }
        return found.isPrivate
    }

    package static func parse(_ text: String) -> [Mount] {
        text.parts(between: ["\n"]).compactMap { line in
            let fields = line.parts(between: [" "])
            guard fields.count >= 4 else { return nil }
            return Mount(
                path: unescape(fields[1]).text, kind: String(fields[2]),
                isReadOnly: fields[3].parts(between: [","]).contains("ro"))
        }
    }

    /// The kernel's tables and fstab write blanks in names as `\040`. Source: fstab(5), proc(5).
    package static func unescape(_ field: Substring) -> NativePath {
        var bytes: [UInt8] = []
        var rest = Array(field.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            {
                bytes.append(value)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return NativePath(bytes: bytes)
    }
}
