"""Lines in Python: a loop over a file of bytes."""
import sys

lines = longest = 0
with open(sys.argv[1], "rb", buffering=256 * 1024) as file:
    for line in file:
        lines += 1
        if len(line) > longest:
            longest = len(line)
print(f"lines={lines} longest={longest - 1}")  # all lines end with a newline
