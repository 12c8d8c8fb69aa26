import Commands
import Foundation
import Model
import Testing

/// What the documentation tells people to type and where it leads them.
@Suite struct DocumentationTests {
    @Test func everyCommandLineCanBeRun() throws {
        // What the format derives its keys by only looks like commands.
        let pages = try DocumentationPage.all().filter { !$0.path.hasSuffix("/RepositoryFormat.md") }
        for page in pages {
            for command in page.commands {
                #expect(isMeant(command), "\(page.path): holdfast \(command.joined(separator: " "))")
            }
        }
        #expect(pages.first { $0.path == "README.md" }.map { $0.commands.count > 20 } == true)
    }

    /// Whether it can be run as it is, or is the bare name of a command that wants an object.
    private func isMeant(_ command: [String]) -> Bool {
        let objects = command.contains { $0.hasPrefix("-") } ? [[]] : [[], ["NAME"], ["3fa91c07b2d4-42"]]
        return objects.contains { HoldfastCommand.fault(in: command + $0) == nil }
    }

    @Test func everyLinkLeadsSomewhere() throws {
        let pages = try DocumentationPage.all()
        let anchors = Dictionary(pages.map { ($0.path, $0.anchors) }, uniquingKeysWith: { first, _ in first })
        var followed = 0
        for page in pages {
            for link in page.links where !link.contains("://") {
                let target = place(of: link, on: page)
                let file = DocumentationPage.root.appending(path: target.path)
                #expect(FileManager.default.fileExists(atPath: file.path), "\(page.path): \(link)")
                if let anchor = target.anchor {
                    #expect(anchors[target.path]?.contains(anchor) == true, "\(page.path): \(link)")
                }
                followed += 1
            }
        }
        #expect(followed > 10)
    }

    @Test func everyArticleIsInTheTableOfContents() throws {
        let pages = try DocumentationPage.all()
        let table = try #require(pages.first { $0.path == "Sources/Operations/Operations.docc/Documentation.md" })
        let listed = Set(table.links.map { place(of: $0, on: table).path })
        for page in pages where page.path != table.path {
            #expect(listed.contains(page.path) || page.path == "README.md", "\(page.path)")
        }
        let readme = try #require(pages.first { $0.path == "README.md" })
        #expect(readme.links.contains(table.path))
    }

    @Test func thePagesOfTheManualLeadToEachOther() throws {
        let folder = DocumentationPage.root.appending(path: "etc/debian")
        func text(_ name: String) throws -> String {
            try String(contentsOf: folder.appending(path: name), encoding: .utf8)
        }
        let all = ["holdfast 1", "holdfast.toml 5", "holdfast-helper 8", "holdfastd 8"]
        let script = try text("manual").split(separator: "\n")
        for page in ["holdfast 1", "holdfastd 8"] {
            let line = try #require(script.first { $0.hasPrefix("pages \(page) ") })
            for other in all where other != page { #expect(line.contains(" '\(other)'"), "\(line)") }
        }
        for (page, name) in [("holdfast-helper 8", "holdfast-helper.8"), ("holdfast.toml 5", "settings.awk")] {
            let end = try text(name).split(separator: ".Sh SEE ALSO").last ?? ""
            for other in all where other != page { #expect(end.contains(".Xr \(other)"), "\(page): \(other)") }
        }
    }

    @Test func aWrongCommandLineAndALinkAreSeen() {
        let page = DocumentationPage(
            path: "a.md",
            text: """
                # The head, of `it`
                See [there](b.md#x) or `holdfast backups
                show ID`, not `[no](c.md)`.
                ```sh
                sudo holdfast restore "a b" --to /x \\
                    --no-such   # holdfast nothing
                echo && holdfast nonsense > file
                ```
                """)
        #expect(
            page.commands == [
                ["restore", "a b", "--to", "/x", "--no-such"], ["nonsense"], ["backups", "show", "3fa91c07b2d4-42"],
            ])
        #expect(page.commands.map { HoldfastCommand.fault(in: $0)?.code } == [.wrongUsage, .wrongUsage, nil])
        #expect(page.links == ["b.md#x"] && page.anchors == ["the-head-of-it"])
    }

    /// The path below the root, and what stands behind `#`.
    private func place(of link: String, on page: DocumentationPage) -> (path: String, anchor: String?) {
        let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let folder = URL(filePath: "/\(page.path)").deletingLastPathComponent()
        let path =
            parts[0].isEmpty ? page.path : String(folder.appending(path: parts[0]).standardizedFileURL.path.dropFirst())
        return (path, parts.count > 1 ? parts[1] : nil)
    }
}
