package import Model
internal import Platform

/// What a check of settings found.
package struct SettingsVerdict: Sendable {
    /// Nil when there is any problem.
    package var settings: DaemonSettings?
    package var problems: [SettingsProblem]
}

/// The settings on disk: one main file and the `*.toml` of the folder `conf.d` beside it, in order of name; later ones win.
package enum SettingsFiles {
    package static let standardPath = "/etc/holdfast/holdfast.toml"

    /// - Throws: `bad-settings`, whose message lists every problem.
    package static func load(_ path: String = standardPath) throws(Fault) -> DaemonSettings {
        let verdict = check(path)
        guard let settings = verdict.settings else { throw Fault(verdict.problems) }
        return settings
    }

    /// Reads and checks everything, and gathers all problems.
    ///
    /// - Parameter texts: of files, by path, that are taken as they would be with that content; they need not exist.
    package static func check(_ path: String = standardPath, with texts: [String: String] = [:]) -> SettingsVerdict {
        var check = SettingsCheck()
        let folder = "\(Files.parent(of: path))/conf.d"
        let planned = texts.keys.filter { Files.parent(of: $0) == folder }
        for file in [path] + Set(additions(in: folder, &check) + planned).sorted() {
            do throws(SettingsProblem) {
                if let text = texts[file] {
                    check.add(try SettingsDocument(file: file, text: text))
                } else {
                    check.add(try read(file))
                }
            } catch {
                check.add(error)
            }
        }
        var builder = SettingsBuilder(check, file: path)
        return builder.build()
    }

    /// The settings when no file says anything.
    package static var defaults: DaemonSettings? {
        var builder = SettingsBuilder(SettingsCheck(), file: standardPath)
        return builder.build().settings
    }

    /// The paths of the files of `conf.d` that count.
    private static func additions(in folder: String, _ check: inout SettingsCheck) -> [String] {
        guard Files.exists(folder) else { return [] }
        do {
            return try Files.list(folder).filter { $0.ends(with: ".toml") && !$0.begins(with: ".") }
                .map { "\(folder)/\($0)" }
        } catch {
            check.add(SettingsProblem(file: folder, line: nil, message: Fault.wrapping(error).message))
            return []
        }
    }

    private static func read(_ file: String) throws(SettingsProblem) -> SettingsDocument {
        guard Files.exists(file) else {
            throw SettingsProblem(
                file: file, line: nil, message: "does not exist", hint: "`man holdfast.toml` describes every setting")
        }
        let bytes: [UInt8]
        do { bytes = try Files.read(file) } catch {
            throw SettingsProblem(file: file, line: nil, message: Fault.wrapping(error).message)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw SettingsProblem(file: file, line: nil, message: "is not UTF-8 text")
        }
        return try SettingsDocument(file: file, text: text)
    }
}
