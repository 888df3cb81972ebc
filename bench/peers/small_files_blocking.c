/* Small files, one after the other: open, fstat, read into memory of their size, close. */
#include "measure.h"

#include <fcntl.h>
#include <sys/stat.h>

int main(int argc, char** argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: %s DIRECTORY FILES\n", argv[0]);
        return 2;
    }
    const int count = atoi(argv[2]);
    uint64_t bytes = 0;
    for (int i = 0; i < count; ++i) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%05d", argv[1], i);
        const int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0) fail("open", path);
        struct stat status;
        if (fstat(fd, &status) != 0) fail("fstat", path);
        const size_t size = (size_t)status.st_size;
        char* text = malloc(size);
        size_t have = 0;
        while (have < size) {
            const ssize_t n = read(fd, text + have, size - have);
            if (n < 0) fail("read", path);
            if (n == 0) break;
            have += (size_t)n;
        }
        close(fd);
        bytes += have;
        free(text);
    }
    printf("files=%d bytes=%llu\n", count, (unsigned long long)bytes);
    return 0;
}
