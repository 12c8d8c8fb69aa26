import Foundation
import Glibc

/// A small file system of its own, in memory; unmounted when this goes. Needs root.
final class SmallDisk: Sendable {
    private let folder: PrivateFolder
    let path: String

    init(megabytes: Int) async throws {
        folder = try PrivateFolder()
        path = try folder.makeFolder("disk")
        try await mount(["-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", path])
    }

    deinit {
        // Lazily: whoever still has it open keeps it until the end.
        let unmount = try? Child(
            Programs.ofSystem("umount") ?? "/bin/umount", ["-l", path], output: "\(folder.path)/umount")
        while unmount?.isAtWork == true { sched_yield() }
    }

    func resize(megabytes: Int) async throws { try await mount(["-o", "remount,size=\(megabytes)m", path]) }

    /// - Parameter mode: `ro` or `rw`.
    func remount(_ mode: String) async throws { try await mount(["-o", "remount,\(mode)", path]) }

    private func mount(_ arguments: [String]) async throws {
        let output = try await folder.run(Programs.ofSystem("mount") ?? "/bin/mount", arguments)
        guard output.status == 0 else { throw Unexpected("\(output)") }
    }
}
