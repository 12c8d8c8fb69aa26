/// A short table for people: a header, columns as wide as their widest cell, numbers to the right.
struct Table {
    enum Alignment { case left, right }

    private let columns: [(title: String, alignment: Alignment)]
    private var rows: [[String]] = []

    init(_ titles: String...) {
        columns = titles.map { ($0.hasPrefix(">") ? (String($0.dropFirst()), .right) : ($0, .left)) }
    }

    mutating func add(_ cells: String...) { rows.append(cells) }

    /// Without a line break at the end; a table without rows is empty.
    func text(color: Bool) -> String {
        guard !rows.isEmpty else { return "" }
        let all = [columns.map(\.title)] + rows
        let widths = columns.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        let lines = all.map { row in
            let cells = row.indices.map { pad(row[$0], widths[$0], columns[$0].alignment) }
            return String(cells.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
        }
        let header = color ? "\u{1b}[1m\(lines[0])\u{1b}[0m" : lines[0]
        return ([header] + lines.dropFirst()).joined(separator: "\n")
    }

    private func pad(_ cell: String, _ width: Int, _ alignment: Alignment) -> String {
        let space = String(repeating: " ", count: width - cell.count)
        return alignment == .left ? cell + space : space + cell
    }
}
