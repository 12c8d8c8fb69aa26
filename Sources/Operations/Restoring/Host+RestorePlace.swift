import Catalog
import Model
import Platform
import Settings
import Wire

extension Host {
    /// Makes sure that the daemon may write where a restore goes. Where only its unit or its user keep it from that, root's
    /// command line can do the same restore itself, from the `repository` of the fault's context.
    ///
    /// - Parameter isDirect: whether the command line would restore to the same place.
    /// - Throws: `target-not-allowed`.
    func requireWritable(
        _ target: RestoreTarget, for request: RestoreRequest, of name: DatabaseName, by actor: Actor,
        isDirect: Bool = true
    ) throws {
        do { try target.requireWritable() } catch var fault as Fault where fault.code == .targetNotAllowed {
            let folder = Files.parent(of: target.path)
            let isPrivate = fault.context["private"] != nil
            let opening =
                isPrivate
                ? "name another folder"
                : "have its user write to \(folder), and its unit by ReadWritePaths=\(folder) (`systemctl edit holdfastd`)"
            fault.message =
                "the daemon cannot write restore target \(target.path): "
                + (isPrivate
                    ? "its unit has a folder \(folder) of its own, which nobody else sees"
                    : fault.context["errno"] == SystemCall.readOnly
                        ? "its unit's sandbox, or the file system, has folder \(folder) read-only"
                        : "its user may not write to folder \(folder)")
            fault.hint = opening
            guard isDirect else { throw fault }
            let repository = settings.repository.path
            // A key that lies encrypted is in no file that root could name; of another file only the unit knows.
            let key = Files.exists(settings.repository.fileOfKey) ? settings.repository.fileOfKey : nil
            let asking =
                key == nil
                ? " and asks for a passphrase or the words of the recovery key, unless --key-file names the key's file"
                : ""
            fault.hint =
                "run as root `\(request.command(repository: repository, keyFile: key))`, which needs no daemon\(asking); or "
                + opening
            if case .user(0, _) = actor {
                fault.context["repository"] = repository
                if !request.dryRun, request.to != nil { leave(name, to: target, actor) }
            }
            throw fault
        }
    }

    /// Who restores is on record, also what the daemon doesn't do itself.
    private func leave(_ name: DatabaseName, to target: RestoreTarget, _ actor: Actor) {
        say([
            MessageDraft(
                .info, .restoreStarted,
                "the restore of \(name) to \(target.path) is root's own to do: the daemon may not write there",
                database: name, actor: actor)
        ])
    }
}
