import Model
import Petitions
import Platform
import Settings

/// Telling which processes have a server's files open.
extension Grant {
    /// The daemon itself doesn't count. What isn't there has no holders.
    func holders(of paths: [String], _ suffixes: [String]) throws -> [HeldFile] {
        guard suffixes.count <= 8 else { throw Fault(.rightRefused, "the request names too many suffixes") }
        let places = Places(settings.servers.flatMap(\.folders))
        var scan = FileHolders(leavingOut: [peer.processID])
        for path in paths {
            for suffix in [""] + suffixes {
                do {
                    let status = try places.locate(path + suffix).status()
                    scan.expect(device: status.device, inode: status.inode, as: path)
                } catch let fault as Fault where fault.code == .notFound { continue }
            }
        }
        scan.look()
        let found = scan.byPath
        return paths.compactMap { path in found[NativePath(path)].map { HeldFile(path: path, holders: $0) } }
    }
}
