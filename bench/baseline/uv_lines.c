/* Lines in raw libuv: uv_fs_read of 256 KiB at a time, memchr() for each newline. */
#include "line_counter.h"
#include "uv_stream.h"

static void on_chunk(void* context, const char* data, size_t size) {
    count_lines(context, data, size);
}

int main(int argc, char** argv) {
    const char* path = path_argument(argc, argv);
    struct line_counter counter = {0};
    const struct start_time start = start_now();
    stream_file(path, on_chunk, &counter);
    count_last_line(&counter);
    print_lines(counter.lines, counter.longest, counter.bytes, start);
    return 0;
}
