import Model
import Platform

/// The units that this helper has stopped, a file for each in a folder of root's that a reboot empties.
///
/// They may be started again whatever the settings say by then: a typo there must not keep an application down.
struct StoppedUnits {
    let folder: String

    /// - Throws: `input-output`, `not-permitted`; `right-refused` for a name that is none of a unit.
    func note(_ units: [String]) throws {
        try Files.makeDirectories(folder, mode: 0o700)
        for unit in units where !holds([unit]) {
            do {
                _ = try File.create(path(unit), mode: 0o600)
            } catch let fault as Fault where fault.code == .targetExists {
                // By another window at the same moment.
            }
        }
    }

    func holds(_ units: [String]) -> Bool {
        !units.isEmpty && units.allSatisfy { (try? path($0)).map { Files.exists($0) } ?? false }
    }

    func forget(_ units: [String]) throws {
        for unit in units where holds([unit]) { try Files.remove(path(unit)) }
    }

    private func path(_ unit: String) throws -> String {
        guard !unit.isEmpty, !unit.utf8.contains(UInt8(ascii: "/")), unit != ".", unit != ".." else {
            throw Fault(.rightRefused, "\(SafeText.oneLine(unit)) is no name of a unit")
        }
        return "\(folder)/\(unit)"
    }
}
