internal import Model
internal import Platform
internal import Settings
internal import Wire

extension Setup {
    /// Where the repository is to be, and by which key it is opened.
    /// - Parameters:
    ///   - files, clusters: all that will be backed up, as far as it was seen.
    func planRepository(
        _ present: DaemonSettings, _ files: [SurveyedFile], _ clusters: [SetupPlan.Cluster]
    ) throws -> SetupPlan {
        try refuseAnother(present)
        let path = try choosePath(present, files, clusters)
        let keyFile = try chooseKeyFile(present)
        var plan = SetupPlan(
            repository: path, keyFile: keyFile.path, keyIsSealed: keyFile.isSealed,
            repositoryExists: Self.isRepository(path), settings: present)
        if plan.keyIsSealed, !plan.repositoryExists { throw sealedFault(plan) }
        let newPath = path.isSame(as: present.repository.path) ? nil : path
        if newPath != nil || keyFile.isNew {
            try requireFree("repository.path", newPath != nil, present)
            let file = "\(settingsFolder)/conf.d/repository.toml"
            guard !Files.exists(file) else {
                throw Fault(.badSettings, "there is \(file) already", hint: "change the repository's path or key there")
            }
            plan.texts[file] = ServerAddition.repository(path: newPath, keyFile: keyFile.isNew ? keyFile.path : nil)
        }
        if !FolderProposal.contains(present.stateDirectory, path) {
            let place = Self.unitPath(path)
            plan.unitLines = ["[Unit]", "RequiresMountsFor=\(place)", "[Service]", "ReadWritePaths=\(place)"]
        }
        return plan
    }

    /// A machine that was set up has its repository: where that isn't seen, its disk isn't mounted, and another one in the
    /// empty mount point would hide below it once it is. Who names another place gets it.
    private func refuseAnother(_ present: DaemonSettings) throws {
        let (path, servers) = (present.repository.path, "\(settingsFolder)/conf.d/\(ServersFile.name)")
        guard !Self.isRepository(path), (wishes.repository ?? path).isSame(as: path), Files.exists(servers),
            ServersFile.isOfSetup(String(decoding: try Files.read(servers), as: UTF8.self))
        else { return }
        throw Fault(
            .repositoryMissing, "this machine was set up with a repository at \(path), which is not there",
            hint: "mount its disk or bring it back; to begin anew in that place run `holdfast repository init` first")
    }

    static func isRepository(_ path: String) -> Bool { Files.exists("\(path)/repository.json") }

    /// As a unit file has it. Source: systemd.syntax(7), systemd.unit(5), "Specifiers".
    private static func unitPath(_ path: String) -> String {
        let text = path.doubling("%")
        let special: Set<Unicode.Scalar> = ["\"", "'", "\\"]
        let isPlain = text.unicodeScalars.allSatisfy { !$0.properties.isWhitespace && !special.contains($0) }
        return isPlain ? text : "\"\(text.backslashing(["\"", "\\"]))\""
    }

    private func choosePath(
        _ present: DaemonSettings, _ files: [SurveyedFile], _ clusters: [SetupPlan.Cluster]
    ) throws -> String {
        let standard = wishes.repository ?? present.repository.path
        guard !Self.isRepository(standard), let disk = RepositoryChoice.disk(of: standard) else { return standard }
        let isFree = wishes.repository == nil && source(of: "repository.path", present) == "default"
        try checkMemory(standard, isWanted: !isFree)
        let folders = clusters.map(\.cluster.dataFolder) + present.servers.flatMap(\.folders) + wishes.folders
        let sources = Set(files.map(\.device) + folders.compactMap { RepositoryChoice.disk(of: $0)?.device })
        let needed = files.map(\.size).reduce(clusters.reduce(.zero) { $0 + $1.readiness.size }) { $0 + $1 }
        let choices = RepositoryChoice.all(
            standard: (standard, disk),
            disks: isFree ? RepositoryChoice.disks() : [], sources: sources, needed: needed)
        if choices[0].free < needed {
            try record.say(
                "repository", "the databases are \(needed), and \(choices[0].free) are free at \(standard)",
                hint: "compressed it may fit for a while; put it on a larger disk with --repository PATH")
        }
        if choices[0].sharesDisk {
            let other = choices.dropFirst().first.map {
                "--repository \($0.path.shellWord) has another disk, with \($0.free) free"
            }
            try record.say(
                "repository", "\(standard) is on the same disk as a database: one broken disk takes both",
                hint: other ?? "put it on another disk with --repository PATH, or keep a copy elsewhere")
        }
        let texts = choices.map { "\($0.path), \($0.free) free\($0.sharesDisk ? ", on a database's disk" : "")" }
        return choices[try questions.choose("where is the repository to be?", among: texts)].path
    }

    /// What lies in memory is gone with the next start of the machine.
    /// - Throws: `wrong-usage` for a place that nobody has named.
    private func checkMemory(_ path: String, isWanted: Bool) throws {
        guard RepositoryChoice.isInMemory(path) else { return }
        let message = "\(path) is in memory (tmpfs): the next start of the machine takes every backup"
        let hint = "name a folder on a disk with --repository PATH"
        guard isWanted else { throw Fault(.wrongUsage, message, hint: hint) }
        try record.say("repository", message, hint: hint)
    }

    /// - Returns: the key file, and whether the settings have to name it.
    private func chooseKeyFile(_ present: DaemonSettings) throws -> (path: String, isNew: Bool, isSealed: Bool) {
        if case .file(let path) = present.repository.key {
            let wish = wishes.keyFile ?? path
            let isNew = !wish.isSame(as: path)
            try requireFree("repository.key_file", isNew, present)
            return (wish, isNew, false)
        }
        let key = RepositoryKey(of: present.repository, passedBy: unit, otherwise: site.keyFile)
        switch key {
        case .file(let path), .sealed(let path):
            guard wishes.keyFile?.isSame(as: path) != false else {
                throw Fault(
                    .badSettings, "the daemon's unit hands over the key as a credential, from \(path)",
                    hint: "leave --key-file out, or name the other file with LoadCredential= in the daemon's unit")
            }
            return (path, false, key.file == nil)
        case .missing(let name):
            throw Fault(
                .badSettings, "the daemon's unit has no credential \(name), from which the settings take the key",
                hint: "add LoadCredential=\(name):\(site.keyFile) to it (`systemctl edit holdfastd`)")
        }
    }

    private func sealedFault(_ plan: SetupPlan) -> Fault {
        Fault(
            .badSettings, "there is no repository \(plan.repository), and its key lies encrypted in \(plan.keyFile)",
            hint: "take the drop-in that says so away until setup has made the repository by a key that it can "
                + "read, or make it by `holdfast repository init` with the key that was encrypted")
    }

    private func source(of key: String, _ settings: DaemonSettings) -> String {
        settings.listing.first { $0.key == key }?.source ?? "default"
    }

    /// What an admin has set stays.
    private func requireFree(_ key: String, _ isNeeded: Bool, _ settings: DaemonSettings) throws {
        let source = source(of: key, settings)
        guard isNeeded, source != "default" else { return }
        throw Fault(.badSettings, "\(key) is set already (\(source))", hint: "change it there, or leave the option out")
    }
}
