# Turns etc/holdfast.toml, which is made from the declarations of the settings, into the page holdfast.toml(5).

function roff(text) {
    gsub(/\\/, "\\e", text)
    if (text ~ /^[.']/) text = "\\\\&" text
    return text
}
function word(text) {
    text = roff(text)
    gsub(/"/, "\\(dq", text)
    return "\"" text "\""
}
function close_list() { if (listed) print ".El"; listed = 0 }

BEGIN {
    print ".Dd " date "\n.Dt HOLDFAST.TOML 5\n.Os \"" os "\""
    print ".Sh NAME\n.Nm holdfast.toml\n.Nd settings of holdfastd"
    print ".Sh SYNOPSIS\n.Pa /etc/holdfast/holdfast.toml\n.Pa /etc/holdfast/conf.d/*.toml"
    print ".Sh DESCRIPTION"
    introduction = 1
}
introduction && /^$/ { introduction = 0; print ".Ss Of the daemon"; next }
introduction {
    sub(/^# ?/, "")
    if ($0 == "") print ".Pp"
    else print roff($0)
    next
}
/^#?\[/ {
    sub(/^#/, "")
    close_list()
    print ".Ss " word($0)
    next
}
/^# / { note = note (note == "" ? "" : "\n") roff(substr($0, 3)); next }
/^#?[a-z_]+ = / {
    sub(/^#/, "")
    if (!listed) { print ".Bl -tag -width 6n"; listed = 1 }
    print ".It Ic " word($0)
    if (note != "") print note
    note = ""
}
END {
    close_list()
    print ".Sh FILES"
    print ".Bl -tag -width 6n"
    print ".It Pa /etc/holdfast/repository.key\nThe key that opens the repository."
    print ".It Pa /usr/share/doc/holdfast/examples\nExamples of drop-ins for the service's unit."
    print ".El"
    print ".Sh SEE ALSO\n.Xr holdfast 1 ,\n.Xr holdfast-config 1 ,\n.Xr holdfast-helper 8 ,\n.Xr holdfastd 8"
}
