#!/bin/sh
# check.sh SOURCE COMPILER...: the source must be refused with the message that it asks for.
#
# The source begins with one or more of these lines; the message is an extended regular expression:
#     // expect: MESSAGE            from every compiler
#     // expect gcc: MESSAGE        from that one; so, too, `// expect clang:`
#     // expect-success             it must compile, which shows that the others fail for a reason
set -u
source=$1
shift

case $("$@" --version 2>&1) in
*clang*) compiler=clang ;;
*) compiler=gcc ;;
esac

output=$("$@" -fsyntax-only "$source" 2>&1)
status=$?

if grep -q '^// expect-success' "$source"; then
    echo "$output"
    exit $status
fi

message=$(sed -n "s,^// expect $compiler: *,,p;t done
s,^// expect: *,,p;: done" "$source" | head -n 1)
[ -n "$message" ] || {
    echo "$source: no line '// expect: MESSAGE' for $compiler"
    exit 1
}
echo "expected: $message"
echo "$output"
[ "$status" != 0 ] || {
    echo "$source compiles, and must not"
    exit 1
}
printf '%s\n' "$output" | grep -Eq -- "$message" || {
    echo "$source is refused with another message"
    exit 1
}
