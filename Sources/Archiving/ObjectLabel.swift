import Model

/// How faults name an object, and with which code.
struct ObjectLabel: Sendable {
    let kind: ObjectKind
    let name: String

    func damaged(_ what: String, cause: (any Error)? = nil) -> Fault {
        Fault(
            kind.damageCode, "\(name) is damaged: \(what)",
            hint: "run `holdfast verify` to list the backups that need it", context: ["object": name], cause: cause)
    }

    func tooNew(_ what: String) -> Fault {
        Fault(
            .repositoryTooNew, "\(name) is of a newer format: \(what)", hint: "use a newer holdfast",
            context: ["object": name])
    }

    /// A request that would break the format; a fault of the program.
    func refused(_ what: String) -> Fault { Fault(.internalError, "cannot write \(name): \(what)") }
}
