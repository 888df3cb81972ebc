#!/bin/sh
# installed.sh BUILD_DIR PREFIX LIBDIR DATADIR VERSION
#
# GDB finds the installed script by itself when it loads the installed library.
set -eu
build=$1 prefix=$2 libdir=$3 datadir=$4 library=libsimul.so.$5

command -v gdb >/dev/null 2>&1 || {
    echo "skipped: no gdb"
    exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
stage=$work/stage
meson install -C "$build" --no-rebuild --quiet --destdir "$stage"

# GDB looks for the script under the library's full path, which the staging directory makes longer.
scripts=$stage$prefix/$datadir/gdb/auto-load$prefix/$libdir
test -f "$scripts/$library-gdb.py"
seen=$work/auto-load$stage$prefix/$libdir
mkdir -p "$(dirname "$seen")"
ln -s "$scripts" "$seen"
gdb -nx -q -batch -iex 'set debuginfod enabled off' -iex 'set auto-load safe-path /' \
    -iex "set auto-load scripts-directory $work/auto-load" \
    -ex 'help simul tasks' "$stage$prefix/$libdir/$library" >"$work/output" 2>&1 </dev/null || true
grep -q 'Shows the tasks of every loop' "$work/output" || {
    cat "$work/output"
    exit 1
}
