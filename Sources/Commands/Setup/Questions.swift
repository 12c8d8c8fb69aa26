internal import Model

/// Asks on the terminal, or takes every default.
struct Questions {
    let terminal: Terminal
    let takesDefaults: Bool

    /// - Throws: `interrupted` at the end of the input.
    func confirm(_ question: String, otherwise: Bool = true) throws -> Bool {
        guard !takesDefaults else { return otherwise }
        while true {
            let answer = try line("\(question) [\(otherwise ? "Y/n" : "y/N")] ").lowercased()
            switch answer {
            case "": return otherwise
            case "y", "yes": return true
            case "n", "no": return false
            default: terminal.surroundings.errors("please answer y or n\n")
            }
        }
    }

    /// - Returns: the position of what was chosen; the first is the default.
    func choose(_ question: String, among choices: [String]) throws -> Int {
        guard !takesDefaults, choices.count > 1 else { return 0 }
        for (number, choice) in zip(1..., choices) { terminal.surroundings.errors("  \(number)  \(choice)\n") }
        while true {
            let answer = try line("\(question) [1] ")
            if answer.isEmpty { return 0 }
            if let number = Int(answer), (1...choices.count).contains(number) { return number - 1 }
            terminal.surroundings.errors("please answer a number from 1 to \(choices.count)\n")
        }
    }

    func line(_ question: String) throws -> String {
        terminal.surroundings.errors(question)
        guard let line = terminal.surroundings.readLine() else {
            throw Fault(.interrupted, "there was no answer", hint: "run it again, or with --yes")
        }
        let words = line.split(whereSeparator: \.isWhitespace)
        return words.joined(separator: " ")
    }
}
