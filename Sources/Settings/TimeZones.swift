package import Model
internal import Platform
package import Policies

extension ZoneRules {
    /// The rules of a zone of this system.
    /// - Throws: `bad-schedule` for an unknown one, with the name that was probably meant.
    package static func named(_ name: String) throws(Fault) -> ZoneRules {
        name == "UTC" ? .utc : try ZoneRules(name: name, tzif: try ZoneFiles.read(name))
    }

    /// The rules of the system's own zone.
    package static func ofSystem() throws(Fault) -> ZoneRules {
        let local = try ZoneFiles.local()
        return try ZoneRules(name: local.name, tzif: local.tzif)
    }
}
