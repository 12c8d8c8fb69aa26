import Foundation

/// Where the real programs are: in the folder that `HOLDFAST_BIN_DIR` names, else beside the test bundle.
enum Programs {
    static let daemon = path("holdfastd")
    static let command = path("holdfast")
    static let helper = path("holdfast-helper")
    static let ledgerWriter = path("ledger-writer")

    private static func path(_ name: String) -> String {
        let folder = folders.first { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
        return "\(folder ?? folders[0])/\(name)"
    }

    private static let folders: [String] = {
        if let named = ProcessInfo.processInfo.environment["HOLDFAST_BIN_DIR"] { return [named] }
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return ([own] + CommandLine.arguments.prefix(1) + CommandLine.arguments.filter { $0.hasSuffix(".xctest") })
            .map { URL(filePath: $0).deletingLastPathComponent().path(percentEncoded: false) }
    }()

    /// Whether a program of the system is there; its path.
    static func ofSystem(_ name: String) -> String? {
        ["/usr/bin", "/bin", "/usr/sbin", "/sbin"].map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}
