import Glibc

/// Names of users and groups of this machine.
package enum Users {
    /// Empty when the machine has no name for it.
    package static func name(uid: UInt32) -> String {
        var record = passwd()
        var found: UnsafeMutablePointer<passwd>?
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16_384) { buffer in
            guard let base = buffer.baseAddress, getpwuid_r(uid, &record, base, buffer.count, &found) == 0,
                found != nil,
                let name = record.pw_name
            else { return "" }
            return String(cString: name)
        }
    }

    /// Nil when there is no such user.
    package static func id(named name: String) -> UInt32? {
        var record = passwd()
        var found: UnsafeMutablePointer<passwd>?
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16_384) { buffer in
            guard let base = buffer.baseAddress, getpwnam_r(name, &record, base, buffer.count, &found) == 0,
                found != nil
            else { return nil }
            return record.pw_uid
        }
    }

    /// A number that no user of this machine has, of those that systemd gives to users of passing services.
    /// Source: systemd.io/UIDS-GIDS, "DynamicUser=".
    package static func unusedID() -> UInt32? {
        (0..<64).lazy.map { _ in UInt32.random(in: 61_184...65_519) }.first { name(uid: $0).isEmpty }
    }

    /// Empty when the machine has no name for it.
    package static func groupName(gid: UInt32) -> String {
        var record = group()
        var found: UnsafeMutablePointer<group>?
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16_384) { buffer in
            guard let base = buffer.baseAddress, getgrgid_r(gid, &record, base, buffer.count, &found) == 0,
                found != nil,
                let name = record.gr_name
            else { return "" }
            return String(cString: name)
        }
    }

    /// Nil when there is no such group.
    package static func groupID(named name: String) -> UInt32? {
        var record = group()
        var found: UnsafeMutablePointer<group>?
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16_384) { buffer in
            guard let base = buffer.baseAddress, getgrnam_r(name, &record, base, buffer.count, &found) == 0,
                found != nil
            else {
                return nil
            }
            return record.gr_gid
        }
    }

    /// An account of this machine by what the kernel knows of it.
    package struct Account: Sendable, Equatable {
        package var name: String
        package var uid: UInt32
        package var gid: UInt32

        package init(name: String, uid: UInt32, gid: UInt32) {
            self.name = name
            self.uid = uid
            self.gid = gid
        }
    }

    /// Nil when there is no such user.
    package static func account(named name: String) -> Account? {
        account { getpwnam_r(name, $0, $1, $2, $3) }
    }

    package static func account(uid: UInt32) -> Account? {
        account { getpwuid_r(uid, $0, $1, $2, $3) }
    }

    private static func account(
        _ look: (
            UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
            UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
        ) -> Int32
    ) -> Account? {
        var record = passwd()
        var found: UnsafeMutablePointer<passwd>?
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16_384) { buffer in
            guard let base = buffer.baseAddress, look(&record, base, buffer.count, &found) == 0, found != nil,
                let name = record.pw_name
            else { return nil }
            return Account(name: String(cString: name), uid: record.pw_uid, gid: record.pw_gid)
        }
    }
}
