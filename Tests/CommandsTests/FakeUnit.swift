import Commands
import Foundation
import Model
import Wire

/// A settings file that goes with this object.
final class SettingsFile: Sendable {
    let path = FileManager.default.temporaryDirectory.appending(path: "hf-\(UUID().uuidString).toml").path

    init(_ text: String) throws { try text.write(toFile: path, atomically: true, encoding: .utf8) }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Units in states of a test's choice.
struct FakeUnit: ServiceUnit {
    let states: [String: [String: String]]
    let isManaged = true
    let hiddenFolders: [String] = []
    let text: String?

    func file(of unit: String) async -> UnitFile? { text.map { UnitFile(text: $0) } }
    func state(of unit: String) async -> UnitState? { states[unit].map { UnitState(properties: $0) } }
    func start() async throws { throw Fault(.internalError, "nothing is started here") }
    func restart() async throws { try await start() }
    func widen(_ lines: [String]) async throws -> Bool { false }

    static func site(_ daemon: [String: String]?, _ helper: [String: String]?, _ text: String? = nil) -> SetupSite? {
        guard let daemon else { return nil }
        let states = ["holdfastd.service": daemon].merging(helper.map { ["holdfast-helper.socket": $0] } ?? [:]) { $1 }
        return SetupSite(
            isRoot: true, searched: [], socketFolders: [], account: "root", keyFile: "/nonexistent",
            survey: EmptySurvey(), service: FakeUnit(states: states, text: text))
    }
}

/// Nothing to be found.
struct EmptySurvey: MachineSurvey {
    func databases(below folders: [String], excluding excluded: [String]) -> FileSurvey { FileSurvey() }
    func clusters(in folders: [String]) -> [SurveyedCluster] { [] }
    func run(_ statements: [String], on cluster: SurveyedCluster) throws {}
    func refusal(of cluster: SurveyedCluster, to user: String, replicating: Bool) throws -> String? { nil }
    func admit(_ lines: [String], to cluster: SurveyedCluster, hostFile: String) throws -> String { hostFile }
    func readiness(of cluster: SurveyedCluster, for role: String) throws -> ClusterReadiness {
        throw Fault(.serverUnreachable, "there is no server")
    }
}
