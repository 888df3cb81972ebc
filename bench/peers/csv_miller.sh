#!/bin/sh
# CSV with Miller: every field is looked at by a program in its own language. Its strlen counts
# characters, which are bytes after the conversion.
mlr -S --icsv --implicit-csv-header --allow-ragged-csv-input --onidx put -q '
    begin { @rows = 0; @fields = 0; @field_bytes = 0 }
    @rows += 1;
    for (name, value in $*) {
        @fields += 1;
        @field_bytes += strlen(latin1_to_utf8(value));
    }
    end { print "rows=" . @rows . " fields=" . @fields . " field_bytes=" . @field_bytes }
' "$1"
