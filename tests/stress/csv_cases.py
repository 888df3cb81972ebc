"""Awkward CSV texts, and how Python's csv module reads them, one case a line.

usage: csv_cases.py SEED COUNT

A line: delimiter quote escape (as numbers, 0 for none), the text in hexadecimal, then the rows:
LINE:FIELD,FIELD... with the fields in hexadecimal, "!" for a row of no fields.
"""
import csv
import io
import random
import sys


def pieces(rng, delimiter, quote, escape):
    yield from [delimiter] * 6 + ["\n"] * 3 + ["\r\n"] * 2 + ["\r"]
    yield from ["", "a", "bc", "x y", " ", "\t", "12.5", "\0", "\u00e9", "\u00ff\u00fe", ";", "'",
                "#", "longer text without anything", "0123456789" * 7]
    # Any byte at all: a character of Latin-1 is one.
    for length in [1, 1, 1, 8]:
        yield "".join(map(chr, rng.choices(range(256), k=length)))
    if quote:
        yield from [quote] * 4 + [quote * 2] * 2
        for inner in ["", "a", "a" + delimiter + "b", "x\ny", "x\r\ny", "\r", "#c",
                      "Brooklyn" + delimiter + " New York" * 6]:
            yield quote + inner + quote
            yield quote + inner + quote + delimiter
            if not escape:
                yield quote + inner + quote * 2 + inner + quote
    if escape:
        yield from [escape] * 2 + [escape * 2, escape + delimiter, escape + "\n", escape + "\r"]
        if quote:
            yield from [escape + quote, quote + "a" + escape + quote + "b" + quote]


def text(rng, choice):
    """Mostly short; one in a hundred, thousand, ten thousand is longer than 4 KiB, 64 KiB, 256 KiB."""
    size = rng.choice([0, 1, 2, 3, 5, 8, 13, 30, 60, 120])
    long = rng.randrange(10000)
    if long < 111:
        size = 150000 if long == 0 else 25000 if long <= 10 else 1500
    parts = rng.choices(choice, k=size)
    # Some texts are mostly regular, so that a scanner meets its fast path and leaves it again.
    if rng.random() < 0.3:
        regular = ["one,two,three\n", "\"q,q\",plain,\"\"\"d\"\"\"\r\n"]
        parts = [part + rng.choice(regular) for part in parts]
    return "".join(parts)


def main():
    rng = random.Random(int(sys.argv[1]))
    csv.field_size_limit(1 << 24)
    for _ in range(int(sys.argv[2])):
        delimiter = rng.choice([",", ",", ",", ";", "\t", "|", ":", " ", "\x01", "\u00a7"])
        quote = rng.choice(['"', '"', '"', "'", "\u00ab", None])
        escape = rng.choice([None, None, None, "\\", "^"])
        source = text(rng, list(pieces(rng, delimiter, quote, escape)))
        lines = io.StringIO(source, newline="")
        reader = csv.reader(lines, delimiter=delimiter, quotechar=quote, escapechar=escape,
                            doublequote=escape is None, strict=False,
                            quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE)
        rows = []
        before = 0
        for row in reader:
            fields = ",".join(f.encode("latin-1").hex() for f in row) if row else "!"
            rows.append(f"{before + 1}:{fields}")
            before = reader.line_num
        numbers = " ".join(str(ord(c) if c else 0) for c in (delimiter, quote, escape))
        sys.stdout.write(f"{numbers} ={source.encode('latin-1').hex()} {' '.join(rows)}\n")


main()
