import Model

/// What a server's role lacks for maintenance.
package struct UpkeepGaps: Sendable, Equatable {
    /// What would let it close the server's databases to their clients, from the narrowest right; nil when it may.
    package var closing: String?
    /// The statements by which a superuser lets it check and optimise what is closed.
    package var tending: [String] = []

    package init() {}
}

extension Engine {
    package func upkeepGaps() throws -> UpkeepGaps { UpkeepGaps() }
    package func refuse(_ plan: String) throws { try close(plan) }

    package func inspect(_ database: FoundDatabase, step: @escaping @Sendable () throws -> Void) throws -> [String] {
        throw cannotTend()
    }

    package func optimise(_ database: FoundDatabase, step: @escaping @Sendable () throws -> Void) throws {
        throw cannotTend()
    }

    private func cannotTend() -> Fault {
        Fault(.wrongUsage, "\(kind) databases have no maintenance", hint: "take the task out of the window")
    }
}
