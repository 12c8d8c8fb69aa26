extension String {
    /// With each of these scalars written as `change` says.
    ///
    /// Not by characters: a quote that a combining mark follows is another character to Swift, yet a quote to whatever
    /// parses the text.
    package func changing(_ scalars: Set<Unicode.Scalar>, to change: (Unicode.Scalar) -> String) -> String {
        var changed = UnicodeScalarView()
        for scalar in unicodeScalars {
            if scalars.contains(scalar) {
                changed.append(contentsOf: change(scalar).unicodeScalars)
            } else {
                changed.append(scalar)
            }
        }
        return String(changed)
    }

    /// With each of these scalars written twice, as quotes are escaped in SQL.
    package func doubling(_ scalar: Unicode.Scalar) -> String { changing([scalar]) { "\($0)\($0)" } }

    /// With a backslash before each of these scalars.
    package func backslashing(_ scalars: Set<Unicode.Scalar>) -> String { changing(scalars) { "\\\($0)" } }
}
