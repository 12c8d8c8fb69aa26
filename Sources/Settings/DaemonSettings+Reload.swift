package import Model

extension DaemonSettings {
    /// Why these settings can't take the place of `old` while the daemon runs; nil when they can.
    ///
    /// - Returns: `bad-settings`, naming the first setting that counts from a start only and has changed.
    package func reloadFault(after old: DaemonSettings) -> Fault? {
        for rule in SettingRule.all where rule.effect == .restart {
            guard let now = value(of: rule.key), now != old.value(of: rule.key) else { continue }
            return Fault(
                .badSettings, "\(rule.key) can't be changed while the daemon runs",
                hint: "restart the daemon to use \(now.isEmpty ? "the default" : now)")
        }
        return nil
    }

    /// As the listing has it; empty for a setting that is absent.
    private func value(of key: String) -> String? { listing.first { $0.key == key }?.value }
}
