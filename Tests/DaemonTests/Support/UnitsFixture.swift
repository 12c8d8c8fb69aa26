import Foundation
import Glibc
import Model
import Platform

/// Stands in for systemctl: notes what it is told, has the process of a "unit" end when it is stopped, and does to some
/// units not what it is told. Below the home folder, because the way to `/tmp` is open to everybody.
final class UnitsFixture: Sendable {
    let folder: String
    var program: String { "\(folder)/systemctl" }

    init() throws {
        let home = getenv("HOME").map { String(cString: $0) } ?? "/root"
        folder = "\(Files.realPath(home) ?? home)/.holdfast-units-\(Identifier.random())"
        try Files.makeDirectory(folder, mode: 0o755)
        let script = """
            #!/bin/sh
            cd \(folder) || exit 1
            echo "$*" >> calls
            verb=$1 failed=0
            for unit in "$@"; do
                case $unit in *.service) ;; *) continue ;; esac
                if [ -e "refuses-$verb-$unit" ]; then failed=1; continue; fi
                case $verb in
                    is-active) [ ! -e "stopped-$unit" ] || failed=3 ;;
                    stop) : > "stopped-$unit"; [ ! -e "pid-$unit" ] || kill "$(cat "pid-$unit")" ;;
                    show) [ -e "at-work-$unit" ] && echo active || echo inactive ;;
                    start) rm -f "stopped-$unit" ;;
                esac
            done
            exit $failed
            """
        try Files.writeDurably(Array(script.utf8), to: program, mode: 0o755)
    }

    deinit { try? Files.removeTree(folder) }

    /// Makes a process that of a unit.
    func runs(_ process: Child, as unit: String) throws {
        try Files.writeDurably(Array("\(process.pid)".utf8), to: "\(folder)/pid-\(unit)", mode: 0o644)
    }

    func refuse(_ verb: String, _ unit: String) throws {
        try Files.writeDurably([], to: "\(folder)/refuses-\(verb)-\(unit)", mode: 0o644)
    }

    func allow(_ verb: String, _ unit: String) throws { try Files.remove("\(folder)/refuses-\(verb)-\(unit)") }

    /// Whether a unit that runs a program is still there; others than servers' are not.
    func setAtWork(_ unit: String) throws {
        try Files.writeDurably([], to: "\(folder)/at-work-\(unit)", mode: 0o644)
    }

    var calls: [String] {
        let text = (try? String(contentsOfFile: "\(folder)/calls", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init)
    }
}
