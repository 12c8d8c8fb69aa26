internal import Model
internal import Wire

/// Where a command says what it has to say: results for people or programs, notes, faults.
struct Terminal: Sendable {
    let surroundings: Surroundings
    let json: Bool
    let quiet: Bool

    init(_ surroundings: Surroundings, json: Bool, quiet: Bool) {
        self.surroundings = surroundings
        self.json = json
        self.quiet = quiet
    }

    /// One result: a JSON line, or text for people.
    func show(_ value: some Encodable, _ text: () -> String) throws {
        let line = json ? try WireCoding.text(value) : text()
        if !line.isEmpty { surroundings.output(line + "\n") }
    }

    /// A list as one JSON document `{"items": […]}`, or as a table.
    ///
    /// - Parameters:
    ///   - empty: said instead of a table without rows.
    ///   - warnings: of each item, noted below.
    func show<Item: Codable & Sendable>(
        list items: [Item], empty: String = "", _ table: ([Item]) -> Table,
        warnings: (Item) -> [String] = { _ in [] }
    ) throws {
        try show(Listing(items)) { items.isEmpty ? empty : table(items).text(color: surroundings.wantsColor) }
        for warning in items.flatMap(warnings) { note(warning) }
    }

    /// Something beside the results.
    func note(_ text: String) {
        if !quiet, !json { surroundings.errors(text + "\n") }
    }

    /// `holdfast: cannot open repository: no key matches [no-key-matches]` and a line `hint:`.
    func report(_ fault: Fault) {
        if json, let text = try? WireCoding.text(ErrorObject(fault)) {
            return surroundings.errors(text + "\n")
        }
        surroundings.errors("holdfast: \(fault)\n" + (fault.hint.map { "hint: \($0)\n" } ?? ""))
    }
}
