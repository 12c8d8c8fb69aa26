# Finishes a page of swift-argument-parser's generate-manual: names as man(1) wants them, examples in a section of their
# own, where the exit statuses are told, and what to see besides.
# name     of the page, such as holdfast-backup
# section  its number
# others   further pages to see, as "NAME SECTION NAME SECTION"
# commands how many subcommands the program has
# more     begins the names of two files for the page of a program itself: sections before the exit statuses (.mdoc), and
#          examples (.examples)

BEGIN { program = name; sub(/-.*/, "", program) }

/^\.Dt / { print ".Dt " toupper(name) " " section; next }
/^\.Os/ { print ".Os \"" os "\""; next }
/^\.Sh NAME/ { part = "name" }
/^\.Sh SYNOPSIS/ { part = "synopsis" }
/^\.Sh DESCRIPTION/ { part = "description" }
/^\.Sh "EXIT STATUS"/ { exit_status(); next }
/^\.Sh "SEE ALSO"/ { part = "see"; next }
part == "name" && /^\.Nm/ { command = substr($0, 5); print ".Nm " name; next }
part == "synopsis" && /^\.Nm/ { print ".Nm " command; next }
part == "synopsis" && /^\.Ar subcommand$/ && !commands { next }
part == "exit" { next }
# Pages of subcommands are gathered, so that others can come before them.
part == "see" { if ($2 !~ /\.help$/) { gsub(/\./, "-", $2); add($2, $3) } next }
/^Example: / { sub(/^Example: /, ""); examples = examples $0 "\n"; next }
/^$/ || /^\.Pp$/ { blank = 1; next }
{ if (blank && !/^\./) print ".Pp"; blank = 0; print }

END {
    if (part != "exit" && !told) exit_status()
    if (name == program) while ((getline line < (more ".examples")) > 0) examples = examples line "\n"
    if (examples != "") printf ".Sh EXAMPLES\n.Bd -literal -offset indent\n%s.Ed\n", examples
    print ".Sh SEE ALSO"
    parent = command
    gsub(/"/, "", parent)
    if (sub(/ [^ ]*$/, "", parent)) {
        gsub(/ /, "-", parent)
        add(parent, section)
        if (parent != program) add(program, section)
    }
    count = name == program ? split(others, other, " ") : 0
    for (i = 1; i < count; i += 2) add(other[i], other[i + 1])
    for (i = 1; i <= pages; i++) print ".Xr " page[i] (i < pages ? " ," : "")
}

# Keeps pages in the order of section and name.
function add(title, number, i) {
    for (i = pages++; i > 0 && (key[i] > number " " title); i--) { key[i + 1] = key[i]; page[i + 1] = page[i] }
    key[i + 1] = number " " title
    page[i + 1] = title " " number
}

function exit_status() {
    part = "exit"
    told = 1
    if (name == program) while ((getline line < (more ".mdoc")) > 0) print line
    print ".Sh EXIT STATUS"
    if (name == "holdfastd") print "0 after a stop, 1 for a fault, others as\n.Xr holdfast 1\nnames them; 78 for bad settings, after which systemd doesn't start it again."
    else if (name == "holdfast") print "0 on success; the others are named above."
    else print "0 on success;\n.Xr holdfast 1\nnames the others."
}
