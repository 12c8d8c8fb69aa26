import Model
import Policies
import Testing

@Suite struct CalendarExpressionTests {
    /// Source: systemd.time(7), the examples of "Calendar events".
    static let manual: [(String, String)] = [
        ("Sat,Thu,Mon..Wed,Sat..Sun", "Mon..Thu,Sat,Sun *-*-* 00:00:00"),
        ("Mon,Sun 12-*-* 2,1:23", "Mon,Sun 2012-*-* 01,02:23:00"), ("Wed *-1", "Wed *-*-01 00:00:00"),
        ("Wed..Wed,Wed *-1", "Wed *-*-01 00:00:00"), ("Wed, 17:48", "Wed *-*-* 17:48:00"),
        ("Wed..Sat,Tue 12-10-15 1:2:3", "Tue..Sat 2012-10-15 01:02:03"), ("*-*-7 0:0:0", "*-*-07 00:00:00"),
        ("10-15", "*-10-15 00:00:00"), ("monday *-12-* 17:00", "Mon *-12-* 17:00:00"),
        ("Mon,Fri *-*-3,1,2 *:30:45", "Mon,Fri *-*-01,02,03 *:30:45"),
        ("12,14,13,12:20,10,30", "*-*-* 12,13,14:10,20,30:00"), ("12..14:10,20,30", "*-*-* 12..14:10,20,30:00"),
        ("mon,fri *-1/2-1,3 *:30:45", "Mon,Fri *-01/2-01,03 *:30:45"), ("03-05 08:05:40", "*-03-05 08:05:40"),
        ("08:05:40", "*-*-* 08:05:40"), ("05:40", "*-*-* 05:40:00"),
        ("Sat,Sun 12-05 08:05:40", "Sat,Sun *-12-05 08:05:40"), ("Sat,Sun 08:05:40", "Sat,Sun *-*-* 08:05:40"),
        ("2003-03-05 05:40", "2003-03-05 05:40:00"),
        ("05:40:23.4200004/3.1700005", "*-*-* 05:40:23.420000/3.170001"),
        ("2003-02..04-05", "2003-02..04-05 00:00:00"), ("2003-03-05 05:40 UTC", "2003-03-05 05:40:00 UTC"),
        ("2003-03-05", "2003-03-05 00:00:00"), ("03-05", "*-03-05 00:00:00"), ("hourly", "*-*-* *:00:00"),
        ("daily", "*-*-* 00:00:00"), ("daily UTC", "*-*-* 00:00:00 UTC"), ("monthly", "*-*-01 00:00:00"),
        ("weekly", "Mon *-*-* 00:00:00"), ("weekly Pacific/Auckland", "Mon *-*-* 00:00:00 Pacific/Auckland"),
        ("yearly", "*-01-01 00:00:00"), ("annually", "*-01-01 00:00:00"), ("*:2/3", "*-*-* *:02/3:00"),
        ("minutely", "*-*-* *:*:00"), ("quarterly", "*-01,04,07,10-01 00:00:00"),
        ("semiannually", "*-01,07-01 00:00:00"), ("Thu,Fri 2012-*-1,5 11:12:13", "Thu,Fri 2012-*-01,05 11:12:13"),
        ("*-02~03", "*-02~03 00:00:00"), ("Mon *-05~07/1", "Mon *-05~07/1 00:00:00"),
    ]

    static let more: [(String, String)] = [
        ("Mon..Fri 23:00", "Mon..Fri *-*-* 23:00:00"), ("*-*-* 23:00", "*-*-* 23:00:00"),
        ("Sun 02:00", "Sun *-*-* 02:00:00"),
        ("@1493187147", "2017-04-26 06:12:27 UTC"), ("@0 UTC", "1970-01-01 00:00:00 UTC"),
        ("*-*~01..05/2", "*-*~01..05/2 00:00:00"), ("*-*~01..04/2", "*-*~01..03/2 00:00:00"),
        ("*-*~*", "*-*-* 00:00:00"), ("2026-*~1", "2026-*~01 00:00:00"), ("*:1..5/10", "*-*-* *:01:00"),
        ("*:5..5", "*-*-* *:05:00"),
        ("*:0..4/2", "*-*-* *:00..04/2:00"), ("*:1..2/1", "*-*-* *:01..02:00"),
        ("*:3..4,1,2,2", "*-*-* *:01,02,03..04:00"),
        ("*:*:*", "*-*-* *:*:*"), ("*:*:0/1", "*-*-* *:*:*"), ("*:*:43,0/1,44/13", "*-*-* *:*:*"),
        ("*:*:0..30/1.5", "*-*-* *:*:00..30/1.500000"),
        ("*:*:1..3.5", "*-*-* *:*:01..03"), ("1:2:3,4,5.5", "*-*-* 01:02:03,04,05.500000"),
        ("70..80-01-01", "1970..1980-01-01 00:00:00"), ("Mon..Sun", "*-*-* 00:00:00"),
        ("Mon-Fri", "Mon..Fri *-*-* 00:00:00"),
        ("sat,", "Sat *-*-* 00:00:00"), ("DAILY utc", "*-*-* 00:00:00 UTC"), ("Mon  10:00", "Mon *-*-* 10:00:00"),
        ("0..23:0", "*-*-* 00..23:00:00"), ("bi-annually", "*-01,07-01 00:00:00"),
        ("biannually", "*-01,07-01 00:00:00"),
        ("*:00 GMT", "*-*-* *:00:00 GMT"), ("*:0/59", "*-*-* *:00/59:00"), ("*-1/11-1", "*-01/11-01 00:00:00"),
        ("Mon,Tue 10:00", "Mon,Tue *-*-* 10:00:00"), ("*-02-29", "*-02-29 00:00:00"),
        ("*-02,03-30", "*-02,03-30 00:00:00"),
        ("*-*-* 10:00 America/Argentina/Ushuaia", "*-*-* 10:00:00 America/Argentina/Ushuaia"),
    ]

    @Test(arguments: manual + more) func readsWhatSystemdReads(text: String, normal: String) throws {
        let expression = try CalendarExpression(text)
        #expect(expression.description == normal)
        #expect(try CalendarExpression(normal) == expression)
    }

    struct Bad: CustomTestStringConvertible, Sendable {
        var text: String
        var column: Int
        var length: Int
        var says: String

        init(_ text: String, _ column: Int, _ length: Int, _ says: String) {
            (self.text, self.column, self.length, self.says) = (text, column, length, says)
        }

        var testDescription: String { text }
    }

    static let bad = [
        Bad("", 1, 0, "the schedule is empty"), Bad("  ", 1, 0, "the schedule is empty"),
        Bad("Feb 30", 1, 3, #"cannot read "Feb" in "Feb 30": months are numbers"#),
        Bad("Mondey 10:00", 1, 6, "it is no weekday"), Bad("soon", 1, 4, #"cannot read "soon": it is no"#),
        Bad("*-02-30", 6, 2, "February has fewer days"), Bad("*-04-31", 6, 2, "April has fewer days"),
        Bad("*-04,06,09,11-31 10:00", 15, 2, "each of these months has fewer days"),
        Bad("2027-02-29", 9, 2, "29 February is in leap years only"), Bad("*-*-32", 5, 2, "no month has a day 32"),
        Bad("*-*-0", 5, 1, "no month has a day 0"), Bad("*-13-01", 3, 2, "there is no month 13"),
        Bad("Mon 25:00", 5, 2, #"cannot read "25" in "Mon 25:00": there is no hour 25"#),
        Bad("*-*-* 10:60", 10, 2, "there is no minute 60"), Bad("10:00:60", 7, 2, "there is no second 60"),
        Bad("10:00:59.9999999", 7, 10, "there is no second"), Bad("2200-01-01", 1, 4, "years are 1970 to 2199"),
        Bad("*-*~29", 5, 2, "not every month has that many days"), Bad("*-*~03..01", 5, 6, "runs backwards"),
        Bad("*-*~0", 5, 1, "the last day"), Bad("Wed..Mon", 1, 8, "runs backwards"),
        Bad("*:30..10", 3, 6, "runs backwards"), Bad("*:0/0", 5, 1, "a repetition is 1 or more"),
        Bad("*:0/60", 5, 2, "longer than all the minutes"), Bad("*:30/40", 3, 5, "never comes round"),
        Bad("*:*/15", 3, 4, "`*` can't be repeated"), Bad("*:*:0..0.5", 5, 6, "less than a second"),
        Bad("10", 1, 2, "neither a date nor a time"), Bad("Mon 30", 5, 2, "neither a date nor a time"),
        Bad("2026-11-22T10:00", 1, 16, "separated by a space"), Bad("Mon Tue", 5, 3, "weekdays come first"),
        Bad("Mon, Tue 10:00", 6, 3, "weekdays come first"), Bad("10:00 11:00", 7, 5, "neither"),
        Bad("10:00 Mon", 7, 3, "weekdays come first"),
        Bad("daily 10:00", 7, 5, "all by itself"), Bad("Mon..", 5, 1, "a weekday"), Bad("Mon,,Tue", 5, 4, "a weekday"),
        Bad("Mon;Tue", 4, 4, "separated by"), Bad("10:", 3, 1, "after it belongs a minute"),
        Bad("10:x", 4, 1, "here belongs a minute"), Bad("x:10 UTC", 1, 1, "no weekday"),
        Bad("10:00:00:00", 9, 3, "should end"),
        Bad("*-*-*-*", 6, 2, "a date ends with its day"), Bad("1.5:00", 2, 5, "after the hour"),
        Bad("@x", 1, 2, "seconds since 1970"),
        Bad("@5 Europe/Berlin", 4, 13, "needs no time zone"), Bad("*:*:1.", 6, 1, "should end"),
        Bad("10:00 \u{a7}", 7, 1, "neither"), Bad("99999999999999999999:00", 1, 20, "a number"),
    ]

    @Test(arguments: bad) func pointsAtWhatItCannotRead(bad: Bad) throws {
        let fault = try #require(throws: Fault.self) { try CalendarExpression(bad.text) }
        #expect(fault.code == .badSchedule && fault.hint != nil)
        #expect(fault.context["column"] == String(bad.column), "\(fault.message)")
        #expect(fault.context["length"] == String(bad.length), "\(fault.message)")
        #expect(fault.message.contains(bad.says), "\(fault.message)")
    }

    @Test func namesTheNearestWord() throws {
        let fault = try #require(throws: Fault.self) { try CalendarExpression("wedensday 10:00") }
        #expect(fault.hint == "did you mean wednesday?")
        let other = try #require(throws: Fault.self) { try CalendarExpression("dayly") }
        #expect(other.hint == "did you mean daily?")
    }
}
