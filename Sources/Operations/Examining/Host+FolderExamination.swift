import Model
import Platform
import Settings
import Wire

extension Host {
    /// Whether the folders of the settings can be read, and those for restores written.
    func examineFolders() -> [Symptom] {
        settings.servers.flatMap { server in server.folders.compactMap { Self.unreadable($0, of: server.name) } }
            + settings.restoreRoots.compactMap(Self.unwritable) + [repositoryFolder()].compactMap(\.self)
    }

    private static func unreadable(_ folder: String, of server: String) -> Symptom? {
        do {
            _ = try Files.list(folder)
            return nil
        } catch {
            let fault = Fault.wrapping(error)
            return Symptom(
                server, .problem, fault.message,
                hint: fault.code == .notFound
                    ? "mount it, or correct `folders` of server \(server)"
                    : "let the daemon's user in, or give its unit AmbientCapabilities=CAP_DAC_READ_SEARCH")
        }
    }

    /// A repository that isn't there is told by `status`.
    private func repositoryFolder() -> Symptom? {
        let path = settings.repository.path
        guard Files.exists(path) else { return nil }
        do {
            _ = try File.scratch(in: path)
            return nil
        } catch {
            return Symptom(
                "repository", .problem, "the daemon can't write to it: \(Fault.wrapping(error).message)",
                hint: "run `chown -R holdfast:holdfast \(path.shellWord)`; outside of the state folder its unit needs "
                    + "ReadWritePaths=\(path) (`systemctl edit holdfastd`)")
        }
    }

    private static func unwritable(_ folder: String) -> Symptom? {
        do {
            // Not access(2), which doesn't say for sure what a unit's sandbox allows.
            _ = try File.scratch(in: folder)
            return nil
        } catch {
            let fault = Fault.wrapping(error)
            return Symptom(
                "restore_roots", .warning, "restores to \(folder) would fail: \(fault.message)",
                hint: fault.code == .notFound
                    ? "make the folder, or take it out of `restore_roots`"
                    : "let the daemon's user write there; its unit needs ReadWritePaths=\(folder) "
                        + "(`systemctl edit holdfastd`)")
        }
    }
}
