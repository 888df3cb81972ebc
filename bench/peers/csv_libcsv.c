/* CSV with libcsv: a callback for each field and for each row. */
#include "measure.h"

#include <csv.h>
#include <fcntl.h>

enum { chunk_size = 256 * 1024 };

struct counts {
    uint64_t rows, fields, field_bytes;
};

static void on_field(void* text, size_t size, void* context) {
    struct counts* c = context;
    (void)text;
    ++c->fields;
    c->field_bytes += size;
}

static void on_row(int end, void* context) {
    struct counts* c = context;
    (void)end;
    ++c->rows;
}

int main(int argc, char** argv) {
    const char* path = path_argument(argc, argv);
    struct counts counts = {0};
    struct csv_parser parser;
    if (csv_init(&parser, CSV_STRICT) != 0) return 2;
    char* buffer = malloc(chunk_size);
    const struct start_time start = start_now();
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) fail("open", path);
    uint64_t bytes = 0;
    ssize_t n;
    while ((n = read(fd, buffer, chunk_size)) > 0) {
        bytes += (uint64_t)n;
        if (csv_parse(&parser, buffer, (size_t)n, on_field, on_row, &counts) != (size_t)n) {
            fprintf(stderr, "%s: %s\n", path, csv_strerror(csv_error(&parser)));
            return 2;
        }
    }
    if (n < 0) fail("read", path);
    csv_fini(&parser, on_field, on_row, &counts);
    csv_free(&parser);
    close(fd);
    free(buffer);
    printf("rows=%llu fields=%llu field_bytes=%llu ", (unsigned long long)counts.rows,
           (unsigned long long)counts.fields, (unsigned long long)counts.field_bytes);
    print_rate(bytes, start);
    return 0;
}
