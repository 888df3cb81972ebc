#!/bin/sh
# check.sh [OPTION...] EXPECTED PROGRAM [ARGUMENT...]
#
# Runs the program and compares what it prints with the file EXPECTED, line by line; a line there
# that begins with `~ ` is a Perl regular expression for the whole line.
#   --status N         the exit status must be N (0 unless told)
#   --stderr REGEX     standard error must be one line that this extended regular expression matches
#                      (empty unless told)
#   --stderr-lines N   standard error must have so many lines, of which one matches (1 unless told)
#   --matches REGEX    a line of standard output must match this; EXPECTED does not count then
#   --any-order        the lines may come in any order: both sides are sorted
#   --stdin FILE       is standard input (/dev/null unless told)
#   --stdout FILE      takes standard output, which is not compared then
#   --closed-pipe      standard output is a pipe that nobody reads
#   --no-stdout        there is no standard output at all
#   --fifo FILE        adds an argument: a FIFO that gives what FILE holds
#   --interrupted FILE the same, but its writer stays, and Ctrl-C comes once the program reads it
#   --unreadable       adds an argument: a file that may not be read (the test is skipped for root)
# PROGRAM_WRAPPER in the environment, such as `valgrind -q`, is put before the program.
set -u
status=0
pattern=
error_lines=1
wanted=
input=/dev/null
output=
fifo=
interrupted=
unreadable=
sort=cat
while :; do
    case $1 in
    --status) status=$2 ;;
    --stderr) pattern=$2 ;;
    --stderr-lines) error_lines=$2 ;;
    --matches) wanted=$2 ;;
    --stdin) input=$2 ;;
    --stdout) output=$2 ;;
    --fifo) fifo=$2 ;;
    --interrupted) interrupted=$2 ;;
    --closed-pipe | --no-stdout)
        output=${1#--}
        shift
        continue
        ;;
    --unreadable)
        unreadable=yes
        shift
        continue
        ;;
    --any-order)
        sort=sort
        shift
        continue
        ;;
    *) break ;;
    esac
    shift 2
done
expected=$1
shift

work=$(mktemp -d) || exit 1
feeder=
trap 'rm -rf "$work"; [ -z "$feeder" ] || kill "$feeder" 2>/dev/null' EXIT

if [ -n "$fifo$interrupted" ]; then
    mkfifo "$work/fifo"
    set -- "$@" "$work/fifo"
fi
if [ -n "$fifo" ]; then
    cat "$fifo" >"$work/fifo" &
    feeder=$!
fi
if [ -n "$unreadable" ]; then
    [ "$(id -u)" != 0 ] || exit 77
    : >"$work/unreadable"
    chmod 0 "$work/unreadable"
    set -- "$@" "$work/unreadable"
fi
if [ "$output" = closed-pipe ]; then
    # Opened while there is a reader, which then goes away.
    mkfifo "$work/pipe"
    exec 3<>"$work/pipe" 4>"$work/pipe" 3>&-
elif [ "$output" = no-stdout ]; then
    exec 4>/dev/null
else
    exec 4>"${output:-$work/out}"
fi

# shellcheck disable=SC2086  # a command with its options
if [ "$output" = no-stdout ]; then
    ${PROGRAM_WRAPPER:-} "$@" 4>&- >&- 2>"$work/err" <"$input"
elif [ -n "$interrupted" ]; then
    ${PROGRAM_WRAPPER:-} "$@" >&4 4>&- 2>"$work/err" <"$input" &
    program=$!
    exec 5>"$work/fifo"
    cat "$interrupted" >&5
    kill -s INT "$program"
    wait "$program"
else
    ${PROGRAM_WRAPPER:-} "$@" >&4 4>&- 2>"$work/err" <"$input"
fi
actual=$?
cat "$work/err" >&2

failures=0
if [ "$actual" != "$status" ]; then
    echo "exit status $actual instead of $status"
    failures=1
fi
if [ -n "$wanted" ]; then
    grep -Eq -- "$wanted" "$work/out" || {
        echo "nothing on standard output matches: $wanted"
        failures=1
    }
elif [ -z "$output" ]; then
    # A line that matches its expression stands in for it.
    number=0
    while IFS= read -r line || [ -n "$line" ]; do
        number=$((number + 1))
        case $line in
        '~ '*)
            actual_line=$(sed -n "${number}p" "$work/out")
            if printf '%s\n' "$actual_line" | grep -Pxq -- "${line#\~ }"; then
                line=$actual_line
            fi
            ;;
        esac
        printf '%s\n' "$line"
    done <"$expected" >"$work/expected"
    $sort "$work/out" >"$work/sorted"
    $sort "$work/expected" | diff -u - "$work/sorted" || failures=1
fi
if [ -n "$pattern" ]; then
    if [ "$(wc -l <"$work/err")" != "$error_lines" ] || ! grep -Eq -- "$pattern" "$work/err"; then
        echo "standard error is not $error_lines line(s) of which one matches: $pattern"
        failures=1
    fi
elif [ -s "$work/err" ]; then
    echo "unexpected output on standard error"
    failures=1
fi
exit $failures
