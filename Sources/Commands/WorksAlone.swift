internal import Model
internal import Settings

/// A command that can work on a repository without a daemon.
protocol WorksAlone {
    var local: LocalOptions { get }
    var common: CommonOptions { get }
}

extension WorksAlone {
    /// Where no daemon answers: also by which options it does without one.
    func explained(_ fault: Fault, in surroundings: Surroundings) async -> Fault {
        guard fault.code == .daemonUnreachable, local.repository == nil, common.socket == nil else { return fault }
        var fault = fault
        let hint = await Self.hint(surroundings)
        fault.hint = fault.hint.map { "\($0); \(hint)" } ?? hint
        return fault
    }

    private static func hint(_ surroundings: Surroundings) async -> String {
        guard let settings = SettingsFiles.check(surroundings.settingsPath).settings?.repository else {
            return "with --repository PATH and --key-file PATH it needs no daemon"
        }
        let key = await RepositoryKey(of: settings, in: surroundings)
        let path = "--repository \(settings.path.shellWord)"
        let head = "as root it needs no daemon with"
        if let file = key.presentFile { return "\(head) `\(path) --key-file \(file.shellWord)`" }
        let asking = "\(head) `\(path)`, and asks for a passphrase or the words of the recovery key"
        return key.unsealing(settings).map { "\(asking); \($0)" } ?? asking
    }
}
