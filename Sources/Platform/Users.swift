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
}
