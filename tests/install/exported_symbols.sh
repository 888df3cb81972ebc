#!/bin/sh
# exported_symbols.sh LIBRARY: what the shared library exports is simul's own. Weak instantiations of
# the standard library's templates may be there, as in every C++ library.
set -eu
names=$(nm -D -C --defined-only "$1" | sed 's/^[^ ]* //')
foreign=$(printf '%s\n' "$names" |
    grep -vE '^[A-Za-z] ((vtable|typeinfo|typeinfo name|guard variable|VTT) for |(non-)?virtual thunk to )?simul::' |
    grep -vE '^[WVu] .*std::' || true)
[ -z "$foreign" ] || {
    echo "exported, but not of simul:"
    echo "$foreign"
    exit 1
}
printf '%s\n' "$names" | grep -q ' simul::version()' || {
    echo "simul::version() is not exported"
    exit 1
}
