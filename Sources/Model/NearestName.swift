/// Finds what somebody who mistyped a name meant.
package enum NearestName {
    /// The candidate with the least edit distance, if it is near enough to be worth naming.
    package static func nearest(to typed: String, among candidates: some Sequence<String>) -> String? {
        let best = candidates.map { (name: $0, distance: distance(typed, $0)) }.min { $0.distance < $1.distance }
        guard let best, best.distance <= max(2, typed.count / 3) else { return nil }
        return best.name
    }

    /// Single insertions, removals and replacements that make `left` into `right` (Levenshtein).
    package static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right)
        var row = Array(0...right.count)
        for (index, character) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in right.indices {
                let replaced = diagonal + (character == right[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, row[column] + 1, row[column + 1] + 1)
            }
        }
        return row[right.count]
    }
}
