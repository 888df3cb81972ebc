#!/bin/sh
# What a file costs to read at all: nobody looks at it.
exec cat "$1" >/dev/null
