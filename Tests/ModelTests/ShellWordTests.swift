import Model
import Testing

@Suite struct ShellWordTests {
    @Test(arguments: [
        ("crm/app.db", "crm/app.db"), ("/srv/a_b-c+d:e@f%g,h=i", "/srv/a_b-c+d:e@f%g,h=i"), ("Büro", "Büro"),
        ("", "''"), ("two words", "'two words'"), ("it's", #"'it'\''s'"#), ("$(rm)", "'$(rm)'"), ("a;b", "'a;b'"),
        (#"dev-a\x2db.service"#, #"'dev-a\x2db.service'"#), ("*", "'*'"), ("~", "'~'"), ("a\nb", "'a\nb'"),
        // A quote that a combining mark follows is a quote to the shell.
        ("it'\u{301}s", "'it'\\''\u{301}s'"),
    ]) func isOneWordToTheShell(text: String, word: String) {
        #expect(text.shellWord.utf8.elementsEqual(word.utf8))
        #expect(DatabaseName(text).shellWord.utf8.elementsEqual(word.utf8))
    }
}
