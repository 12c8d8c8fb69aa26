import Catalog
package import Model
import Platform
import Settings
package import Wire

/// The daemon as its callers see it: every request ends in a verb of `Host`, on a thread that may block.
package final class HostService: Service {
    let host: Host
    package let version: String
    private let reloadSettings: @Sendable () throws -> Void

    /// - Parameter reload: reads the settings again and puts them in force; throws `bad-settings` and changes nothing.
    package init(_ host: Host, version: String, reload: @escaping @Sendable () throws -> Void) {
        self.host = host
        self.version = version
        reloadSettings = reload
    }

    package var timeZone: String { host.settings.timeZone ?? LocalZone.name }

    /// Runs a verb on a thread of its own.
    func ask<Value: Sendable>(_ verb: @escaping @Sendable (Host) throws -> Value) async throws -> Value {
        let host = host
        do {
            return try await Threads.run("request") { try verb(host) }
        } catch {
            throw Fault.wrapping(error)
        }
    }

    package func effectiveSettings(for actor: Actor) async throws -> [EffectiveSetting] {
        host.settings.listing.map { EffectiveSetting(key: $0.key, value: $0.value, source: $0.source) }
    }

    package func reload(by actor: Actor) async throws -> [EffectiveSetting] {
        let reload = reloadSettings
        try await ask { host in
            do { try reload() } catch {
                host.refuse(settings: Fault.wrapping(error))
                throw error
            }
        }
        return try await effectiveSettings(for: actor)
    }
}
