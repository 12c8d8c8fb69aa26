/// Work that a window does once its server is closed.
package struct MaintenanceTask: Sendable, Hashable, Codable {
    package enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// The engine's own check of each database.
        case engineCheck = "engine-check"
        /// Vacuum, analyse, reindex.
        case optimise
        /// A command that root has named.
        case systemUpdates = "system-updates"
        /// A command that root has named.
        case certificateRenewal = "certificate-renewal"
        /// A trial restore that leaves a dated proof.
        case restoreDrill = "restore-drill"
        case repositoryVerify = "repository-verify"
        case prune
    }

    /// What a window does when one of its steps fails or isn't done by its deadline.
    package enum FailurePolicy: String, Sendable, Hashable, Codable, CaseIterable {
        case goOn = "go-on"
        /// Reopen at once; what is left comes first next time.
        case stop
    }

    package var kind: Kind
    /// After which it is cancelled; it isn't begun unless that fits into the window.
    package var deadlineSeconds: Int
    package var onFailure: FailurePolicy

    package init(_ kind: Kind, deadlineSeconds: Int = 1800, onFailure: FailurePolicy = .goOn) {
        self.kind = kind
        self.deadlineSeconds = deadlineSeconds
        self.onFailure = onFailure
    }

    package var deadline: Duration { .seconds(deadlineSeconds) }

    /// Fields left out take their defaults.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        self.init(try fields.decode(Kind.self, forKey: .kind))
        deadlineSeconds = try fields.decodeIfPresent(Int.self, forKey: .deadlineSeconds) ?? deadlineSeconds
        onFailure = try fields.decodeIfPresent(FailurePolicy.self, forKey: .onFailure) ?? onFailure
    }
}
