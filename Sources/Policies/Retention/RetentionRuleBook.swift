package import Model

/// Where a value of retention rules comes from, the narrowest first.
package enum RetentionPlace: Sendable, Hashable, CustomStringConvertible {
    case schedule(String)
    case database(DatabaseName)
    /// `server/folder`, without a slash at the end.
    case folder(String)
    case server(String)
    case standard

    package var description: String {
        switch self {
        case .schedule(let name): "schedule \(name)"
        case .database(let name): "database \(name)"
        case .folder(let path): "folder \(path)"
        case .server(let name): "server \(name)"
        case .standard: "default"
        }
    }
}

/// Complete rules for some backups, and where each value comes from.
package struct ResolvedRetention: Sendable, Hashable {
    /// With `keepDays`, `deletedDays` and `thin`; nil elsewhere means that nobody wants this kind of rule.
    package let rules: RetentionRules
    private let places: [RetentionField: RetentionPlace]

    /// - Parameter layers: the narrowest first.
    init(layers: [(place: RetentionPlace, rules: RetentionRules)]) {
        var places: [RetentionField: RetentionPlace] = [:]
        for layer in layers {
            for field in RetentionField.allCases where places[field] == nil && layer.rules.says(field) {
                places[field] = layer.place
            }
        }
        self.places = places
        rules = layers.reduce(RetentionRules()) { $0.completed(by: $1.rules) }.completed(by: .standard)
    }

    package func place(of field: RetentionField) -> RetentionPlace { places[field] ?? .standard }

    package var keepDays: Int { rules.keepDays ?? 30 }
    package var deletedDays: Int { rules.deletedDays ?? 7 }
    package var thins: Bool { rules.thin ?? true }

    /// `keep_days 30 (default)`.
    package func text(_ field: RetentionField) -> String {
        let value = field == .thin ? (thins ? "on" : "off") : rules.number(field).map(String.init) ?? "none"
        return "\(field.rawValue) \(value) (\(place(of: field)))"
    }
}

/// All retention rules: the default, those of servers, folders and databases, those of schedules.
///
/// Each value is taken from the narrowest place that says it: the schedule that made the backup, the database, its
/// folders from the longest to the shortest, the server, the default.
package struct RetentionRuleBook: Sendable, Hashable {
    package var standard: RetentionRules
    /// Keyed by the name of a server, `server/folder` or a database; a slash at the end doesn't matter.
    package private(set) var scopes: [DatabaseName: RetentionRules]
    /// Keyed by the schedule's name.
    package var schedules: [String: RetentionRules]

    package init(
        standard: RetentionRules = .standard, scopes: [DatabaseName: RetentionRules] = [:],
        schedules: [String: RetentionRules] = [:]
    ) {
        self.standard = standard.completed(by: .standard)
        self.schedules = schedules
        self.scopes = [:]
        for (key, rules) in scopes { self.scopes[Self.trimmed(key)] = rules }
    }

    /// The rules for backups of `database` that `schedule` made; nil for backups that no schedule asked for, and for
    /// `deleted_days`, which is the database's.
    package func rules(for schedule: String?, _ database: DatabaseName) -> ResolvedRetention {
        var layers: [(place: RetentionPlace, rules: RetentionRules)] = []
        if let schedule, let rules = schedules[schedule] { layers.append((.schedule(schedule), rules)) }
        if !scopes.isEmpty {
            var path = database.text[...]
            while !path.isEmpty {
                if let rules = scopes[DatabaseName(String(path))] {
                    layers.append((place(of: path, in: database), rules))
                }
                path = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[..<$0] } ?? ""
            }
        }
        layers.append((.standard, standard))
        return ResolvedRetention(layers: layers)
    }

    /// Whether backups of this schedule are counted apart from the others.
    func counts(apart schedule: String?) -> Bool {
        schedule.flatMap { schedules[$0] }.map { $0 != RetentionRules() } ?? false
    }

    private func place(of path: Substring, in database: DatabaseName) -> RetentionPlace {
        if !path.hasSlash { return .server(String(path)) }
        return path.endIndex == database.text.endIndex ? .database(database) : .folder(String(path))
    }

    private static func trimmed(_ key: DatabaseName) -> DatabaseName {
        let bytes = key.text.utf8
        let end = bytes.lastIndex { $0 != UInt8(ascii: "/") }.map(bytes.index(after:)) ?? bytes.startIndex
        return DatabaseName(String(key.text[..<end]))
    }
}
