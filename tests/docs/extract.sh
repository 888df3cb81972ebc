#!/bin/sh
# extract.sh DIRECTORY PROGRAMS PAGE...
#
# Takes the code out of the pages' text, so that it can be compiled. A comment of its own line stands
# before each block of C++ and says what it is:
#   <!-- program: NAME -->    a whole program: goes to DIRECTORY/NAME.cpp
#   <!-- output: NAME -->     what that program prints: goes to DIRECTORY/NAME.txt
#   <!-- code: NAME -->       declarations: go to DIRECTORY/fragments.cpp, as do the next two
#   <!-- body: NAME -->       statements of a task
#   <!-- plain: NAME -->      statements of an ordinary function
#   <!-- not compiled -->     shown because it is wrong
# A block of C++ without one is an error, and so is a program that is not in the list PROGRAMS
# (separated by commas). A time in what a program prints may differ in its fraction.
set -eu
directory=$1
programs=$2
shift 2
mkdir -p "$directory"

awk -v directory="$directory" -v programs="$programs" '
function fail(text) {
    print FILENAME ":" FNR ": " text >"/dev/stderr"
    failed = 1
    exit 1
}
BEGIN {
    count = split(programs, names, ",")
    for (i = 1; i <= count; ++i) wanted[names[i]] = 1
    fragments = directory "/fragments.cpp"
    print "#include \"fragments.hpp\"" >fragments
}
FNR == 1 { kind = ""; marked = 0; page = FILENAME; gsub(/.*\//, "", page); gsub(/[^A-Za-z0-9]/, "_", page) }
!inside && /^<!-- (program|output|code|body|plain): [a-z0-9_]+ -->$/ {
    kind = $2
    sub(/:$/, "", kind)
    name = $3
    marked = FNR
    next
}
!inside && /^<!-- not compiled -->$/ { kind = "wrong"; marked = FNR; next }
/^```/ && !inside {
    inside = 1
    mine = kind != "" && marked == FNR - 1 ? kind : ""
    kind = ""
    if ($0 == "```cpp" && mine == "") fail("a block of C++ that is not marked")
    if ($0 != "```cpp" && mine != "" && mine != "output") fail("a marked block that is no C++")
    if (mine == "program") {
        if (!(name in wanted)) fail("the build does not know the program " name)
        file = directory "/" name ".cpp"
        written[name] = 1
        # The name of the file stays: GCC takes what is in another one for a header.
        printf "#line %d\n", FNR + 1 >file
    } else if (mine == "output") {
        file = directory "/" name ".txt"
        shown[name] = 1
        printf "" >file
    } else if (mine == "code" || mine == "body" || mine == "plain") {
        file = fragments
        printf "namespace %s::%s {\n", page, name >file
        if (mine == "body") print "simul::task<> fragment() {" >file
        if (mine == "plain") print "void fragment() {" >file
        printf "#line %d \"%s\"\n", FNR + 1, FILENAME >file
    }
    next
}
/^```$/ && inside {
    inside = 0
    if (mine == "body") print "co_return;\n}" >file
    if (mine == "plain") print "}" >file
    if (mine == "code" || mine == "body" || mine == "plain") print "}" >file
    if (mine == "program" || mine == "output") close(file)
    next
}
inside && mine != "" && mine != "wrong" {
    if (mine == "output" && /[0-9]\.[0-9][0-9] s/) {
        gsub(/[][().*+?^$|\\]/, "\\\\&")
        gsub(/\\\.[0-9][0-9] s/, "\\.\\d\\d s")
        $0 = "~ " $0
    }
    print >file
}
END {
    if (failed) exit 1
    for (name in wanted) {
        if (!(name in written) || !(name in shown)) {
            print "no page shows the program " name " and its output" >"/dev/stderr"
            exit 1
        }
    }
}' "$@"
