import Glibc
import Model
import Platform

/// Tells file systems apart, also after they were unmounted and mounted again.
enum FileSystemIdentity {
    /// The id statvfs(3) gives it, which for most comes from its UUID; nil when it can't be asked.
    static func of(_ folder: File) -> String? {
        var status = statvfs()
        guard fstatvfs(folder.descriptor, &status) == 0 else { return nil }
        return String(status.f_fsid, radix: 16)
    }

    static func of(_ path: NativePath) -> String? {
        var status = statvfs()
        guard path.withCString({ statvfs($0, &status) }) == 0 else { return nil }
        return String(status.f_fsid, radix: 16)
    }
}

/// The file systems this machine mounts by itself and those that are mounted now.
struct MountTable {
    /// Paths of the tables; tests name their own.
    let planned: String
    let mounted: String

    /// Places in or above `folder` that should have a file system mounted and don't.
    func missing(around folder: NativePath) -> [NativePath] {
        let present = Set(lines(mounted).compactMap { $0.count > 4 ? Mounts.unescape($0[4]) : nil })
        return lines(planned).compactMap { fields -> NativePath? in
            guard fields.count >= 4, !fields[0].begins(with: "#"), fields[1].begins(with: "/"), fields[1] != "/",
                !fields[3].parts(between: [","]).contains("noauto")
            else { return nil }
            let place = Mounts.unescape(fields[1])
            guard folder.isInside(place) || place.isInside(folder) else { return nil }
            return present.contains(where: { $0.components == place.components }) ? nil : place
        }
    }

    private func lines(_ path: String) -> [[Substring]] {
        let text = String(decoding: (try? Files.read(path, limit: 8 << 20)) ?? [], as: UTF8.self)
        return text.parts(between: ["\n"]).map { $0.parts(between: [" ", "\t"]) }
    }
}
