# Shared by the scripts of this folder and by .ci/run; read with `. tools/lib.sh` from the top.

die() {
    echo "$0: $*" >&2
    exit 1
}

# Installs the Debian packages among "$@" that are missing, and nothing else.
need_packages() {
    command -v dpkg-query >/dev/null 2>&1 || {
        echo "not a Debian system; these packages or their like are needed: $*" >&2
        return 0
    }
    missing=
    for package in "$@"; do
        case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
        'install ok installed') ;;
        *) missing="$missing $package" ;;
        esac
    done
    [ -n "$missing" ] || return 0

    as_root=
    if [ "$(id -u)" != 0 ]; then
        if command -v sudo >/dev/null 2>&1 && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
            as_root=sudo
        else
            echo "please install as root and start again: apt-get install$missing" >&2
            return 1
        fi
    fi
    echo "installing:$missing"
    # shellcheck disable=SC2086  # a list of names
    install_packages $missing || {
        $as_root apt-get update -q </dev/null >/dev/null
        install_packages $missing || {
            echo "apt-get could not install:$missing" >&2
            return 1
        }
    }
}

install_packages() {
    $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends "$@" </dev/null >/dev/null
}

# Installs what a build with the chosen compiler takes. Extra package names may follow.
need_build_packages() {
    compiler=${CXX:-clang++-19}
    compiler=${compiler#ccache }
    case $compiler in
    clang++-[0-9]*) compiler_packages="clang-${compiler#clang++-} lld-${compiler#clang++-}" ;;
    clang++) compiler_packages='clang lld' ;;
    g++ | g++-[0-9]*) compiler_packages=$compiler ;;
    *) compiler_packages= ;; # a path, or one with options: it is there
    esac
    # shellcheck disable=SC2086  # a list of names
    need_packages meson ninja-build pkg-config ccache libc6-dev libstdc++-12-dev libuv1-dev \
        libspdlog-dev zlib1g-dev libzstd-dev libgtest-dev libcli11-dev $compiler_packages "$@"
}

# Takes the compiler from CXX, else clang-19; with ccache where there is one, and lld with clang.
# Sets compiler_name, which build directories are named by.
use_compiler() {
    plain=${CXX:-clang++-19}
    plain=${plain#ccache }
    command -v "${plain%% *}" >/dev/null 2>&1 || die "no compiler $plain; set CXX"
    compiler_name=$(basename "${plain%% *}")
    CXX=$plain
    if [ -z "${CC:-}" ]; then
        case $compiler_name in
        clang++*) CC=clang${compiler_name#clang++} ;;
        g++*) CC=gcc${compiler_name#g++} ;;
        *) CC=cc ;;
        esac
    fi
    if command -v ccache >/dev/null 2>&1; then
        CXX="ccache $CXX"
        CC="ccache ${CC#ccache }"
        # Without these it does not look at what includes a precompiled header.
        export CCACHE_SLOPPINESS="${CCACHE_SLOPPINESS:-pch_defines,time_macros}"
    fi
    case $compiler_name in
    clang*) "${plain%% *}" -fuse-ld=lld -Wl,--version >/dev/null 2>&1 &&
        export CXX_LD=lld CC_LD=lld ;;
    esac
    export CXX CC
}

# configure DIRECTORY [MESON OPTION...]: when it is new or the options have changed.
configure() {
    directory=$1
    shift
    configured=$directory/configured-with
    if [ ! -f "$directory/build.ninja" ] || [ "$(cat "$configured" 2>/dev/null)" != "$CXX $*" ]; then
        # Nothing in there is of use to another configuration; ccache remembers what is.
        rm -rf "$directory"
        meson setup "$directory" "$@" || return 1
        echo "$CXX $*" >"$configured"
    fi
}

# build DIRECTORY [MESON OPTION...]: configures and builds everything.
build() {
    configure "$@" && ninja -C "$1" -j "$(nproc)"
}

# run_suite DIRECTORY [MESON TEST OPTION...]: runs the tests and ends with `N passed, N failed`.
run_suite() {
    directory=$1
    shift
    log=$directory/meson-logs/testlog.json
    rm -f "$log"
    meson test -C "$directory" --no-rebuild --print-errorlogs "$@" </dev/null
    status=$?
    passed=$(count_results "$log" 'OK|EXPECTEDFAIL')
    failed=$(count_results "$log" 'FAIL|TIMEOUT|ERROR|INTERRUPT|UNEXPECTEDPASS')
    # A run that ended before its tests did, or that found none, is no success.
    if [ "$failed" = 0 ] && { [ "$status" != 0 ] || [ "$passed" = 0 ]; }; then
        failed=1
    fi
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}

count_results() {
    [ -f "$1" ] || {
        echo 0
        return
    }
    grep -oE "\"result\": \"($2)\"" "$1" | wc -l
}
