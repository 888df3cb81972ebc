/* The upper bound: a blocking read() loop that looks at nothing. */
#include "measure.h"

#include <fcntl.h>

enum { chunk_size = 256 * 1024 };

int main(int argc, char** argv) {
    const char* path = path_argument(argc, argv);
    char* buffer = malloc(chunk_size);
    const struct start_time start = start_now();
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) fail("open", path);
    uint64_t bytes = 0;
    ssize_t n;
    while ((n = read(fd, buffer, chunk_size)) > 0) bytes += (uint64_t)n;
    if (n < 0) fail("read", path);
    close(fd);
    print_rate(bytes, start);
    free(buffer);
    return 0;
}
