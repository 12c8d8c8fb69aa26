import Model

extension Engine {
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
