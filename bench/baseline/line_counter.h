/* Finds lines in chunks of a stream with memchr. Lines may span chunks; only their lengths are
 * kept. */
#ifndef SIMUL_BENCH_LINE_COUNTER_H
#define SIMUL_BENCH_LINE_COUNTER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct line_counter {
    uint64_t lines, longest, bytes;
    uint64_t open; /* length so far of the line that the last chunk left unfinished */
};

static inline void count_line(struct line_counter* c, uint64_t length) {
    ++c->lines;
    if (length > c->longest) c->longest = length;
}

static inline void count_lines(struct line_counter* c, const char* data, size_t size) {
    const char* at = data;
    const char* const end = data + size;
    const char* newline;
    c->bytes += size;
    while ((newline = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        count_line(c, c->open + (uint64_t)(newline - at));
        c->open = 0;
        at = newline + 1;
    }
    c->open += (uint64_t)(end - at);
}

static inline void count_last_line(struct line_counter* c) {
    if (c->open != 0) count_line(c, c->open);
    c->open = 0;
}

#endif
