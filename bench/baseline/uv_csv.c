/* CSV in raw libuv: uv_fs_read of 256 KiB at a time and a state machine, one byte per step (RFC
   4180). Counts rows, fields and the bytes of the unquoted fields. */
#include "uv_stream.h"

enum state { row_start, field_start, plain, quoted, quote_in_quoted, after_cr };

struct csv_counter {
    enum state state;
    uint64_t rows, fields, field_bytes, bytes;
};

static inline void end_row(struct csv_counter* c) {
    ++c->fields;
    ++c->rows;
}

static void on_chunk(void* context, const char* data, size_t size) {
    struct csv_counter* c = context;
    enum state state = c->state;
    c->bytes += size;
    for (size_t i = 0; i < size; ++i) {
        const char byte = data[i];
        if (state == quoted) {
            if (byte == '"')
                state = quote_in_quoted;
            else
                ++c->field_bytes;
            continue;
        }
        switch (byte) {
        case '\n':
        case '\r':
            /* The LF of a CRLF, and a blank line, end no row. */
            if (state != row_start && state != after_cr) end_row(c);
            state = byte == '\r' ? after_cr : row_start;
            break;
        case ',':
            ++c->fields;
            state = field_start;
            break;
        case '"':
            if (state == quote_in_quoted) {
                ++c->field_bytes; /* a doubled quote stands for one */
                state = quoted;
            } else if (state == plain) {
                ++c->field_bytes;
            } else {
                state = quoted;
            }
            break;
        default:
            if (state == quote_in_quoted) {
                fprintf(stderr, "text after a closing quote\n");
                exit(2);
            }
            ++c->field_bytes;
            state = plain;
        }
    }
    c->state = state;
}

int main(int argc, char** argv) {
    const char* path = path_argument(argc, argv);
    struct csv_counter counter = {0};
    const struct start_time start = start_now();
    stream_file(path, on_chunk, &counter);
    if (counter.state == quoted) {
        fprintf(stderr, "read '%s': a quote is open at the end\n", path);
        return 2;
    }
    if (counter.state != row_start && counter.state != after_cr) end_row(&counter);
    printf("rows=%llu fields=%llu field_bytes=%llu ", (unsigned long long)counter.rows,
           (unsigned long long)counter.fields, (unsigned long long)counter.field_bytes);
    print_rate(counter.bytes, start);
    return 0;
}
