import Catalog
import Model
import Platform
import Settings
import Wire

extension Host {
    /// Below this much, a folder that only holds records counts as full.
    private static let least = ByteCount(256 << 20)

    /// Room where the daemon writes beside the repository, whose room `status` tells.
    func examineSpace() -> [Symptom] {
        var symptoms: [Symptom] = []
        for (subject, folder) in [("state", settings.stateDirectory), ("log", settings.logDirectory)] {
            guard let free = Self.free(folder), free < Self.least else { continue }
            symptoms.append(
                Symptom(
                    subject, .problem, "only \(free) are free at \(folder)",
                    hint: "make room there: without it nothing can be put on record"))
        }
        return symptoms + scratchRoom()
    }

    /// A drill restores a database beside the catalog.
    private func scratchRoom() -> [Symptom] {
        guard let records = try? catalog.databases(), let free = Self.free(settings.stateDirectory),
            let largest = records.max(by: { ($0.size ?? .zero) < ($1.size ?? .zero) }), let size = largest.size,
            size > free
        else { return [] }
        return [
            Symptom(
                "scratch", .warning,
                "a restore drill of \(largest.name) needs \(size), and \(free) are free at \(settings.scratchFolder)",
                hint: "make room there, or mount a larger disk at \(settings.scratchFolder)")
        ]
    }

    private static func free(_ folder: String) -> ByteCount? { try? Files.space(folder).free }
}
