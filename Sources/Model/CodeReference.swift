/// The table of codes as documents: a page for people, and the catalog by which `journalctl -x` explains messages.
package enum CodeReference {
    /// `Codes.md` of the documentation.
    package static var page: String {
        let rows = Code.allCases.map { code in
            let explanation = code.explanation
            let fields = [
                "`\(code.rawValue)`", explanation.cause, explanation.nextStep, "\(code.exitStatus)",
                "\(code.httpStatus)", "`\(code.journalID)`",
            ]
            return "| \(fields.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ")) |"
        }
        return (introduction + rows).joined(separator: "\n") + "\n"
    }

    private static let introduction = [
        "# Codes",
        "",
        "Every message and every fault has one of these codes. A code never changes its meaning. `holdfast messages codes` "
            + "prints the same.",
        "",
        "*Exit* is the status of a command that ends with the fault, *HTTP* that of a reply. *Journal* is the `MESSAGE_ID` "
            + "in the systemd journal: `journalctl MESSAGE_ID=…` finds messages by it.",
        "",
        "| Code | What it means | Next step | Exit | HTTP | Journal |",
        "|---|---|---|---|---|---|",
    ]

    /// For `/usr/lib/systemd/catalog`. Source: systemd.io/CATALOG.
    package static var journalCatalog: String {
        let entries = Code.allCases.map { code in
            """
            -- \(code.journalID)
            Subject: \(code.rawValue)
            Defined-By: holdfast

            \(code.explanation.cause)

            Next step: \(code.explanation.nextStep)

            """
        }
        return "# What the messages of holdfastd mean, for `journalctl -x`; made from the table of codes.\n\n"
            + entries.joined(separator: "\n")
    }
}
