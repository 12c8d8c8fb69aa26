internal import Model
internal import Platform
internal import Settings
internal import Wire

extension Setup {
    /// Looks at the machine, asks, and checks what would be written as a whole; changes nothing.
    /// - Throws: `bad-settings` when the settings there are, or would be, are wrong; `not-found` when there is nothing to
    ///   protect.
    func plan() throws -> SetupPlan {
        let fresh = Files.exists(settingsPath) ? [:] : [settingsPath: Self.emptySettings]
        let present = try settings(with: fresh)
        var names = ServerNames(taken: present.servers.map(\.name))
        let (folders, files) = try chooseFolders(besides: present, &names)
        let clusters = try chooseClusters(besides: present, &names)
        let additions = folders + clusters.additions
        guard !additions.isEmpty || !present.servers.isEmpty else {
            throw Fault(
                .notFound, "found no SQLite database and no running PostgreSQL server to protect",
                hint: "name folders with --folder DIR, or a server with --postgres CONNECTION")
        }
        var plan = try planRepository(present, files, clusters.prepared)
        plan.texts.merge(fresh) { $1 }
        if !additions.isEmpty {
            let path = "\(settingsFolder)/conf.d/\(ServersFile.name)"
            let before = try Files.exists(path) ? String(decoding: Files.read(path), as: UTF8.self) : nil
            plan.texts[path] = ServersFile.text(before: before, adding: additions)
        }
        plan.additions = additions
        plan.clusters = clusters.prepared
        plan.settings = try settings(with: plan.texts)
        return plan
    }

    private static let emptySettings = "# Settings of holdfastd; see holdfast.toml(5).\n"

    private func settings(with texts: [String: String]) throws -> DaemonSettings {
        let verdict = SettingsFiles.check(settingsPath, with: texts)
        let problems = terminal.surroundings.problems(of: verdict)
        guard let settings = verdict.settings, problems.isEmpty else { throw Fault(problems) }
        return settings
    }

    // MARK: - Folders

    private func chooseFolders(
        besides present: DaemonSettings, _ names: inout ServerNames
    ) throws -> (additions: [ServerAddition], files: [SurveyedFile]) {
        let named = present.servers.flatMap(\.folders)
        let known = named + named.compactMap(Files.realPath)
        let searched = (wishes.folders.isEmpty ? site.searched : wishes.folders).compactMap(Files.realPath)
        // What was restored is a copy; but who names a folder means it.
        let meant = named + (wishes.folders.isEmpty ? [] : searched)
        let copies = present.restoreRoots.filter { root in !meant.contains { FolderProposal.contains(root, $0) } }
        let own = [present.stateDirectory, present.logDirectory, present.repository.path, wishes.repository]
            .compactMap(\.self)
        let survey = site.survey.databases(below: searched, excluding: own + copies)
        let unknown = survey.files.filter { file in !known.contains { FolderProposal.contains($0, file.path) } }
        let fresh = unknown.filter { !$0.isCopy && !FolderProposal.isCopy($0.path) }
        if let shortfall = survey.shortfall {
            try record.say(
                "search", "\(shortfall): there may be more databases", hint: "name them with --folder DIR")
        }
        guard wishes.folders.isEmpty else {
            return (try foldersNamed(besides: known, own: own, &names), survey.files)
        }
        let places = copies + copies.compactMap(Files.realPath)
        for folder in searched where places.contains(where: { FolderProposal.contains($0, folder) }) {
            try record.say(
                "search", "nothing is looked for in \(folder), where restores go (`restore_roots`)",
                hint: "name folders in it with --folder DIR to protect them all the same")
        }
        try sayCopies(unknown.filter(\.isCopy))
        var additions: [ServerAddition] = []
        for proposal in FolderProposal.grouping(fresh, searched: searched) {
            let count = proposal.files == 1 ? "1 database" : "\(proposal.files) databases"
            let place = "\(proposal.folder)\(proposal.isShallow ? ", without the folders in it" : "")"
            try record.say("found", "\(count) in \(place), \(proposal.size)")
            guard try questions.confirm("protect \(place)?") else { continue }
            additions.append(
                .sqlite(
                    names.name(for: proposal.name), folder: proposal.folder, exclude: proposal.isShallow ? ["*/*"] : [])
            )
        }
        return (additions, survey.files)
    }

    private func sayCopies(_ copies: [SurveyedFile]) throws {
        guard !copies.isEmpty else { return }
        // All of them: one may have taken the place of a database meanwhile.
        let paths = copies.map(\.path).joined(separator: ", ")
        try record.say(
            "found", "left out \(paths), which a restore has written beside a database",
            hint: "name the folder with --folder DIR to protect it all the same")
    }

    private func foldersNamed(
        besides known: [String], own: [String], _ names: inout ServerNames
    ) throws -> [ServerAddition] {
        var additions: [ServerAddition] = []
        for folder in wishes.folders {
            guard let place = Files.realPath(folder), try Files.status(place)?.kind == .directory else {
                throw Fault(.notFound, "there is no folder \(folder)", hint: "correct the path after --folder")
            }
            if let mine = (own + own.compactMap(Files.realPath)).first(where: { FolderProposal.contains($0, place) }) {
                throw Fault(
                    .wrongUsage, "\(place) is in \(mine), a folder of the daemon's own",
                    hint: "name a folder of databases that others use")
            }
            if site.service.isManaged,
                let hidden = site.service.hiddenFolders.first(where: { FolderProposal.contains($0, place) })
            {
                throw Fault(
                    .wrongUsage, "the daemon's unit has a \(hidden) of its own, and can't see \(place)",
                    hint: "move the databases, or set PrivateTmp=no in a drop-in and add the folder to the settings")
            }
            guard !known.contains(where: { FolderProposal.contains($0, place) || $0.isSame(as: folder) }) else {
                continue
            }
            additions.append(.sqlite(names.name(for: Files.name(of: place)), folder: place))
        }
        return additions
    }
}
