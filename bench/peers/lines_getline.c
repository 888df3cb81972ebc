/* Lines as most C programs read them: getline() on a stdio stream, blocking. */
#include "measure.h"

int main(int argc, char** argv) {
    const char* path = path_argument(argc, argv);
    const struct start_time start = start_now();
    FILE* in = fopen(path, "re");
    if (in == NULL) fail("open", path);
    setvbuf(in, NULL, _IOFBF, 256 * 1024);
    char* line = NULL;
    size_t capacity = 0;
    uint64_t lines = 0, longest = 0, bytes = 0;
    ssize_t n;
    while ((n = getline(&line, &capacity, in)) > 0) {
        bytes += (uint64_t)n;
        if (line[n - 1] == '\n') --n;
        if ((uint64_t)n > longest) longest = (uint64_t)n;
        ++lines;
    }
    if (ferror(in)) fail("read", path);
    fclose(in);
    free(line);
    print_lines(lines, longest, bytes, start);
    return 0;
}
