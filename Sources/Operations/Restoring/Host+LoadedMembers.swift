import Catalog
import Engines
import Model
import Platform
import Wire

extension Host {
    /// Drops what runs that were cut off have left in running servers.
    func dropLoadedMembers() throws {
        let runs = Set(board.active.map(\.id))
        for (path, member) in try LoadedMember.leftovers(in: settings.intentFolder, without: runs) {
            guard let engine = configuration.server(member.database.server)?.engine.members else { continue }
            // A server that is down is asked again by the next look.
            guard let wasThere = try? engine.drop(loaded: member.temporary) else { continue }
            try LoadedMember.forget(path)
            say(tell(member, wasThere))
        }
    }

    /// What became of a restore that was cut off.
    private func tell(_ member: LoadedMember, _ wasThere: Bool) -> [MessageDraft] {
        if wasThere {
            return [
                MessageDraft(
                    .warning, .restoreUndone, "undid the restore in place of \(member.database), which was broken off",
                    database: member.database, hint: "restore it again")
            ]
        }
        guard member.isPlacing else { return [] }
        return [
            MessageDraft(
                .warning, .restoreSucceeded,
                "the restore in place of \(member.database) was broken off when it was done", database: member.database,
                hint: "the replaced one, if there was one, is kept beside it; see `holdfast databases`")
        ]
    }
}
