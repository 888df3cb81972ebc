#!/bin/sh
# wrap_fallback.sh SOURCE_DIR COMPILER...
#
# Configures simul as on a system without libuv, and without a network: the wrap in third_party must
# be taken, and its source from third_party/packagecache. The tarball made here stands in for libuv
# and passes the system's library on.
set -eu
source=$1
shift

# Every wrap names an overlay that exists, and a hash to check the download against.
for wrap in "$source"/third_party/*.wrap; do
    overlay=$(sed -n 's/^patch_directory = //p' "$wrap")
    [ -z "$overlay" ] || [ -f "$source/third_party/packagefiles/$overlay/meson.build" ] || {
        echo "$wrap: no packagefiles/$overlay/meson.build"
        exit 1
    }
    grep -Eq '^source_hash = [0-9a-f]{64}$' "$wrap" || {
        echo "$wrap: no source_hash"
        exit 1
    }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/simul/third_party/packagecache" "$work/simul/third_party/packagefiles/libuv"
for entry in meson.build meson_options.txt loop coro gen tools; do
    ln -s "$source/$entry" "$work/simul/$entry"
done

wrap=$source/third_party/libuv.wrap
directory=$(sed -n 's/^directory = //p' "$wrap")
tarball=$(sed -n 's/^source_filename = //p' "$wrap")
mkdir "$work/$directory"
echo 'A stand-in.' >"$work/$directory/README"
(cd "$work" && tar -czf "simul/third_party/packagecache/$tarball" "$directory")
hash=$(sha256sum "$work/simul/third_party/packagecache/$tarball" | cut -d ' ' -f 1)
sed "s/^source_hash = .*/source_hash = $hash/" "$wrap" >"$work/simul/third_party/libuv.wrap"
cat >"$work/simul/third_party/packagefiles/libuv/meson.build" <<'END'
project('libuv', 'cpp', version: '1.51.0')
libuv_dep = declare_dependency(link_args: '-luv', version: meson.project_version())
END

CXX="$*" meson setup --force-fallback-for=libuv -Dtests=disabled -Dexamples=disabled \
    "$work/simul" "$work/build" >"$work/log" || {
    cat "$work/log"
    exit 1
}
cat "$work/log"
grep -q "Dependency libuv from subproject third_party/$directory found: YES 1\.51\.0" "$work/log"
[ -f "$work/simul/third_party/$directory/README" ]
