internal import Model

/// All routes. Nothing else is ever answered.
package enum RouteTable {
    package static let routes: [Route] =
        describing + statuses + databases + backups + restores + runs + schedules + retention + maintenance + messages
        + repository
        + settings

    enum Found {
        case route(Route, [String: String])
        /// The path is known, with these methods.
        case otherMethods([String])
        case nothing
    }

    /// - Parameter path: as sent, still percent-encoded; an encoded `/` doesn't separate steps.
    static func find(_ method: String, _ path: String) -> Found {
        let encoded = path.split(separator: "/", omittingEmptySubsequences: true)
        let steps = encoded.compactMap { PercentEncoding.decode($0) }
        guard steps.count == encoded.count else { return .nothing }
        var others: [String] = []
        for route in routes {
            guard let values = route.match(steps) else { continue }
            if route.method.rawValue == method { return .route(route, values) }
            others.append(route.method.rawValue)
        }
        return others.isEmpty ? .nothing : .otherMethods(others)
    }
}
