extension CalendarExpression.Fields: CustomStringConvertible {
    /// The normal form: `Mon..Fri *-*-* 23:00:00 Europe/Berlin`.
    var description: String {
        let week = weekdays == Self.allWeekdays ? "" : weekdayText + " "
        let date =
            "\(text(years, 4))-\(text(months, 2))\(daysCountFromEnd && days != nil ? "~" : "-")\(text(days, 2))"
        let time = "\(text(hours, 2)):\(text(minutes, 2)):\(secondText)"
        return "\(week)\(date) \(time)\(zone.map { " \($0)" } ?? "")"
    }

    static let weekdayNames = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

    /// Runs of three and more days as ranges.
    private var weekdayText: String {
        var parts: [String] = []
        var day = 0
        while day < 7 {
            guard weekdays >> day & 1 == 1 else {
                day += 1
                continue
            }
            let first = day
            while day < 7, weekdays >> day & 1 == 1 { day += 1 }
            let names = Self.weekdayNames[first..<day]
            parts.append(names.count > 2 ? "\(names[first])..\(names[day - 1])" : names.joined(separator: ","))
        }
        return parts.joined(separator: ",")
    }

    private func text(_ field: [CalendarComponent]?, _ width: Int) -> String {
        guard let field else { return "*" }
        return field.map { component in
            let stop = component.stop.map { "..\(pad($0, width))" } ?? ""
            let step = component.step == 0 || component.stop != nil && component.step == 1 ? "" : "/\(component.step)"
            return pad(component.start, width) + stop + step
        }.joined(separator: ",")
    }

    private var secondText: String {
        guard let seconds else { return "*" }
        return seconds.map { component in
            let stop = component.stop.map { "..\(secondText($0))" } ?? ""
            let isPlain = component.step == 0 || component.stop != nil && component.step == 1_000_000
            return secondText(component.start) + stop + (isPlain ? "" : "/\(secondText(component.step, width: 1))")
        }.joined(separator: ",")
    }

    private func secondText(_ microseconds: Int, width: Int = 2) -> String {
        let whole = pad(microseconds / 1_000_000, width)
        return microseconds % 1_000_000 == 0 ? whole : "\(whole).\(pad(microseconds % 1_000_000, 6))"
    }
}

/// A number with zeros before it.
func pad(_ number: Int, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.count)) + text
}
