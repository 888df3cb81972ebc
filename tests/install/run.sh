#!/bin/sh
# run.sh KIND SOURCE_DIR BUILD_DIR PREFIX LIBDIR COMPILER...
#
# Builds gather.cpp in an empty directory as a user of simul would and checks what it prints.
# KIND is pkg-config or cmake, which take the library as installed from BUILD_DIR, or subproject.
set -eu
kind=$1 source=$2 build=$3 prefix=$4 libdir=$5
shift 5

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
stage=$work/stage
mkdir "$work/consumer"
cp "$source/tests/install/gather.cpp" "$work/consumer"

stage_library() {
    meson install -C "$build" --no-rebuild --quiet --destdir "$stage"
    # Whoever takes the library must not need what it was built on.
    if grep -rnE '#include *[<"](uv\.h|spdlog|fmt/|zlib|zstd|fast_float)' "$stage$prefix/include"; then
        echo "an installed header includes a private dependency"
        exit 1
    fi
}

case $kind in
pkg-config)
    stage_library
    PKG_CONFIG_PATH=$stage$prefix/$libdir/pkgconfig
    export PKG_CONFIG_PATH
    if [ -e "$stage$prefix/$libdir/libsimul.so" ]; then
        # Nothing but simul.pc in sight: it must not ask for libuv.pc or spdlog.pc.
        PKG_CONFIG_LIBDIR=$PKG_CONFIG_PATH
        export PKG_CONFIG_LIBDIR
    fi
    headers=$(pkg-config --define-variable=prefix="$stage$prefix" --cflags simul)
    flags=$(pkg-config --define-variable=prefix="$stage$prefix" --cflags --libs simul)
    # The programs of the interface need nothing but what is installed.
    for program in "$source"/tests/api/*.cpp; do
        # shellcheck disable=SC2086  # a list of flags
        "$@" -std=c++20 -Wall -Wextra -Werror -fsyntax-only $headers "$program"
    done
    cd "$work/consumer"
    # shellcheck disable=SC2086  # a list of flags
    "$@" -std=c++20 gather.cpp $flags -o gather
    LD_LIBRARY_PATH=$stage$prefix/$libdir
    export LD_LIBRARY_PATH
    ;;
cmake)
    stage_library
    cp "$source/tests/install/CMakeLists.txt" "$work/consumer"
    cd "$work/consumer"
    # With ccache the compiler is two words.
    if [ $# -gt 1 ]; then
        set -- "-DCMAKE_CXX_COMPILER_LAUNCHER=$1" "-DCMAKE_CXX_COMPILER=$2"
    else
        set -- "-DCMAKE_CXX_COMPILER=$1"
    fi
    cmake -G Ninja -S . -B . "-DCMAKE_PREFIX_PATH=$stage$prefix" "$@"
    cmake --build .
    ;;
subproject)
    mkdir "$work/consumer/subprojects"
    ln -s "$source" "$work/consumer/subprojects/simul"
    cp "$source/tests/install/meson_consumer.build" "$work/consumer/meson.build"
    cd "$work/consumer"
    CXX="$*" meson setup --wrap-mode=nodownload --buildtype=plain . build
    ninja -C build -j2
    if [ -e build/subprojects/simul/tests ] || [ -e build/subprojects/simul/examples ]; then
        echo "a subproject builds its tests or examples"
        exit 1
    fi
    cp build/gather .
    LD_LIBRARY_PATH=$PWD/build/subprojects/simul
    export LD_LIBRARY_PATH
    ;;
*)
    echo "unknown kind: $kind"
    exit 1
    ;;
esac

printf '%s\n' One One One Two Two Two >expected
./gather >output
diff -u expected output
