#!/bin/sh
# run.sh SCRIPT PROGRAM
#
# Stops PROGRAM in GDB, and looks at a core file of it, with SCRIPT: `simul tasks` has to show the tree
# that the program has printed itself, and so has `simul tasks LOOP`. Without GDB, or where it may not trace: 77, which skips the test.
set -eu
script=$(realpath "$1") program=$(realpath "$2")

command -v gdb >/dev/null 2>&1 || {
    echo "skipped: no gdb"
    exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
LC_ALL=C.UTF-8
export LC_ALL
debugger() {
    timeout 100 gdb -nx -q -batch -iex 'set auto-load no' -iex 'set debuginfod enabled off' \
        -iex 'set width 0' "$@" </dev/null
}

debugger -ex 'starti' -ex 'kill' true >trace 2>&1 || true
if grep -qE 'ptrace|not permitted' trace; then
    echo "skipped: no process may be traced here"
    cat trace
    exit 77
fi

debugger -ex "source $script" -ex 'set breakpoint pending on' -ex 'break stop_here' \
    -ex "run pipe >printed" \
    -ex 'echo === begin\n' -ex 'simul tasks' -ex 'echo === end\n' \
    -ex 'generate-core-file core' -ex 'kill' "$program" >live 2>&1 || {
    cat live
    exit 1
}
if grep -q 'build libsimul with -g' live; then
    echo "skipped: the library has no debug information"
    exit 77
fi
debugger -ex "source $script" -ex 'echo === begin\n' -ex 'simul tasks' -ex 'echo === end\n' \
    "$program" core >dead 2>&1 || {
    cat dead
    exit 1
}
debugger -ex "source $script" -ex 'echo === begin\n' -ex "simul tasks *('simul::loop'*)the_loop" \
    -ex 'echo === end\n' "$program" core >named 2>&1 || {
    cat named
    exit 1
}

# The first line names the loop.
tree() {
    sed -n '/^=== begin/,/^=== end/p' "$1" | sed '1d;$d' | sed 1d
}
test "$(wc -l <printed)" -gt 30
for way in live dead named; do
    tree "$way" >tree
    diff -u printed tree || {
        echo "the tree of the $way process differs; GDB said:"
        cat "$way"
        exit 1
    }
done
