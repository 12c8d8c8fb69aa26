import Model
import Petitions
import Platform
import Settings

/// Running programs, each in a unit of its own: what root has named as root, what others have named without any right.
extension Grant {
    func run(_ task: Petition.Task, of server: String, _ window: String, within limit: Duration) throws
        -> ChildProcess.Result
    {
        guard let settings = settings.server(server) else {
            throw Fault(.rightRefused, "the settings have no server \(SafeText.oneLine(server))")
        }
        let (words, name) =
            switch task {
            case .update: (settings.updateCommand, "update")
            case .certificate: (settings.certificateCommand, "certificate")
            }
        guard !words.isEmpty else {
            throw Fault(
                .rightRefused, "the settings of server \(server) name no \(task.rawValue)",
                hint: "have root set servers.\(server).\(task.rawValue)")
        }
        let unit = TransientUnit(
            name: "holdfast-task-\(server)-\(name)", properties: ["UMask=0022"],
            environment: ["HOLDFAST_SERVER": server, "HOLDFAST_WINDOW": window], settings: self.settings,
            // What is in the middle of a package is finished, also when the daemon is restarted, as by that very update.
            outlives: task == .update)
        if try unit.isThere {
            throw Fault(
                .busy, "the \(name) of server \(server) from before is still at work in \(unit.name).service",
                hint: "see `systemctl status \(unit.name).service`; what it does is finished first")
        }
        return try unit.run(words, within: limit, stop: task == .update ? isDropped : isAbandoned)
    }

    func command(_ words: [String], _ schedule: String, _ run: Int64, within limit: Duration) throws
        -> ChildProcess.Result
    {
        let unit = TransientUnit(
            name: "holdfast-command-\(run)", properties: [try commandUser()] + Self.bounds,
            environment: ["HOLDFAST_SCHEDULE": schedule, "HOLDFAST_RUN": "\(run)"], settings: settings)
        return try unit.run(words, within: limit, stop: isAbandoned)
    }

    /// Who commands the daemon chooses the program and its arguments: never root, nor the daemon, who could ask us for more.
    private func commandUser() throws -> String {
        guard let name = settings.commandUser else { return "DynamicUser=yes" }
        guard let uid = Users.id(named: name) else {
            throw Fault(
                .rightRefused, "there is no user \(name), whom commands.user names", hint: "add it, or correct it")
        }
        guard uid != 0, uid != user else {
            throw Fault(
                .rightRefused, "commands.user names \(name), whose rights commands may not have",
                hint: "name a user of the commands' own, or leave it out")
        }
        return "User=\(name)"
    }

    private static let bounds = [
        "NoNewPrivileges=yes", "CapabilityBoundingSet=", "AmbientCapabilities=", "ProtectSystem=strict",
        "ProtectHome=read-only", "PrivateTmp=yes", "PrivateDevices=yes", "PrivateIPC=yes", "ProtectKernelTunables=yes",
        "ProtectKernelModules=yes", "ProtectKernelLogs=yes", "ProtectControlGroups=yes", "ProtectClock=yes",
        "ProtectHostname=yes", "ProtectProc=invisible", "RestrictNamespaces=yes", "RestrictRealtime=yes",
        "RestrictSUIDSGID=yes", "LockPersonality=yes", "KeyringMode=private", "SystemCallArchitectures=native",
        "SystemCallFilter=@system-service", "SystemCallErrorNumber=EPERM", "UMask=0077",
    ]
}
