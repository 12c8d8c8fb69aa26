/// The commented settings file that shows every setting with its default: `etc/holdfast.toml`.
package enum SettingsReference {
    package static var text: String {
        var lines = introduction
        var table = ""
        for rule in SettingRule.all {
            let steps = rule.steps
            let isOfCluster = rule.key == "servers.*.connection"
            let section =
                steps.count == 1
                ? "" : steps.dropLast().joined(separator: ".").replacing("*", with: isOfCluster ? "main" : "crm")
            if section != table {
                lines += ["", steps.count == 3 ? "#[\(section)]" : "[\(section)]"]
                if isOfCluster { lines += ["", "#engine = \"postgres\""] }
                table = section
            }
            lines += ["", "# \(rule.note)", "#\(steps[steps.count - 1]) = \(example(rule))"]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static let introduction = [
        "# Settings of holdfastd: /etc/holdfast/holdfast.toml.",
        "#",
        "# Each setting is shown with its default, or with an example where it has none. Files in the folder conf.d beside",
        "# this one are read after it, in order of name; what they set wins. Check with `holdfast config check`, see where",
        "# each value comes from with `holdfast config show --effective`, and reload with `systemctl reload holdfastd`.",
        "# Paths are absolute. Unknown settings are errors.",
    ]

    private static func example(_ rule: SettingRule) -> String {
        switch rule.key {
        case "servers.*.folders": "[\"/srv/crm\"]"
        case "servers.*.connection": "\"host=/var/run/postgresql user=holdfast\""
        case "servers.*.slot_limit": "\"10G\""
        case "servers.*.read_limit": "\"20M\""
        case "servers.*.cpu_limit": "\"50%\""
        case "servers.*.night_read_limit": "\"0\""
        case "servers.*.night_cpu_limit": "\"0%\""
        case "servers.*.units": "[\"crm.service\"]"
        case "servers.*.update_command": "[\"/usr/local/sbin/update\"]"
        case "servers.*.certificate_command": "[\"/usr/bin/certbot\", \"renew\"]"
        case "servers.*.full_at": "\"*-*-* 22:00\""
        case "servers.*.progressive_every": "\"1m\""
        case "commands.user": "\"scripts\""
        case "time_zone": "\"Europe/Berlin\""
        case "repository.credential": "\"repository-key\""
        default: rule.fallback ?? "\"\""
        }
    }
}
