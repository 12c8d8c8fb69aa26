internal import Model
internal import Platform
internal import Wire

extension Diagnosis {
    /// What the service manager says of the daemon and of what helps it.
    /// - Parameter unit: what the daemon's says.
    mutating func examine(_ service: any ServiceUnit, _ unit: UnitFile?) async {
        guard service.isManaged else {
            return add(
                "service", .warning, "systemd does not run here: nothing starts the daemon again when it ends",
                hint: "have whatever starts it watch it too")
        }
        if let state = await service.state(of: "holdfastd.service") { examine(state, unit) }
        guard let socket = await service.state(of: "holdfast-helper.socket"), socket.isInstalled, !socket.isActive
        else {
            return
        }
        add(
            "service", .warning, "holdfast-helper.socket does not listen: what needs root's rights can't be done",
            hint: "run `systemctl enable --now holdfast-helper.socket`")
    }

    /// Whoever may write to the socket may command the daemon.
    mutating func examine(socketAt path: String?) {
        guard let path, let status = try? Files.status(path), status.mode & 0o006 != 0 else { return }
        add(
            "socket", .problem, "everybody on this machine may command the daemon by \(path)",
            hint: "run `chmod o= \(path.shellWord)`; a restart of the daemon makes it right again, too")
    }

    private mutating func examine(_ state: UnitState, _ unit: UnitFile?) {
        guard state.isInstalled else {
            return add(
                "service", .problem, "there is no unit holdfastd.service", hint: "install the package, or its unit file"
            )
        }
        let before = symptoms.count
        if !state.isActive, let (message, hint) = Self.obstacle(state, unit) {
            add("service", .problem, message, hint: hint)
        } else if state["ActiveState"] == "failed" {
            add(
                "service", .problem, "holdfastd has failed (\(state["Result"]))",
                hint: "see `journalctl -u holdfastd`, then run `systemctl reset-failed holdfastd` and start it")
        } else if state["ActiveState"] == "activating", !["", "0"].contains(state["ExecMainStatus"]) {
            add(
                "service", .problem, "holdfastd ends again and again, with status \(state["ExecMainStatus"])",
                hint: "see why: `journalctl -u holdfastd -n 20`")
        } else if !state.isActive {
            add(
                "service", .problem, "holdfastd does not run (\(state["ActiveState"]))",
                hint: "run `sudo holdfast setup`, or `systemctl start holdfastd`")
        }
        if !["enabled", "enabled-runtime", "static", "linked", ""].contains(state["UnitFileState"]) {
            add(
                "service", .problem, "holdfastd is \(state["UnitFileState"]): it won't run after the next start",
                hint: "run `systemctl enable holdfastd`")
        }
        if state["NeedDaemonReload"] == "yes" {
            add(
                "service", .warning, "the unit changed on disk, and systemd goes by the old one",
                hint: "run `systemctl daemon-reload`, then `systemctl restart holdfastd`")
        }
        examineHardening(state)
        if symptoms.count == before { add("service", .good, "holdfastd runs, and starts with the machine") }
    }

    /// What keeps systemd from even starting the daemon. Source: systemd.exec(5), "Process exit codes".
    private static func obstacle(_ state: UnitState, _ unit: UnitFile?) -> (message: String, hint: String)? {
        let then = "then run `systemctl daemon-reload` and `systemctl restart holdfastd`"
        switch state["ExecMainStatus"] {
        case "243":
            let absent = unit?.credentials.map(\.path).filter { !Files.exists($0) } ?? []
            let head = "systemd can't hand holdfastd its key (243/CREDENTIALS)"
            guard !absent.isEmpty else {
                return (
                    head,
                    "see `journalctl -u holdfastd`; one that lies encrypted opens only on the machine, and with the TPM, "
                        + "that it was made on"
                )
            }
            return (
                "\(head): there is no \(absent.joined(separator: ", "))",
                "bring it back, or say by `systemctl edit holdfastd` where it is now (LoadCredential=), \(then)"
            )
        case "226":
            let absent = unit?.folders.filter { !Files.exists($0) } ?? []
            let head = "systemd can't make holdfastd's view of the file system (226/NAMESPACE)"
            guard !absent.isEmpty else { return (head, "see `journalctl -u holdfastd`, which names the folder") }
            return (
                "\(head): there is no \(absent.joined(separator: ", "))",
                "make it or mount its disk, or take it out of the drop-in that names it (`systemctl cat holdfastd`), \(then)"
            )
        default: return nil
        }
    }

    /// A drop-in opens a door where it has to; these stay closed for what the daemon does.
    private mutating func examineHardening(_ state: UnitState) {
        let opened = [
            state["NoNewPrivileges"] == "no" ? "NoNewPrivileges=" : nil,
            ["no", "yes", "full"].contains(state["ProtectSystem"]) ? "ProtectSystem=" : nil,
            ["root", "0"].contains(state["User"]) || state.properties["User"] == nil ? "User=" : nil,
        ].compactMap(\.self)
        guard !opened.isEmpty else { return }
        add(
            "service", .warning, "the unit is less closed than it was shipped: \(opened.joined(separator: ", "))",
            hint: "see `systemctl cat holdfastd` for the drop-in that opens it")
    }
}
