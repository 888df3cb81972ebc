/* Small files in raw libuv, 64 at a time: open, fstat, read and close as one job of the thread pool
   each, which is a quarter of the trips that a chain of uv_fs_* requests takes. */
#include "measure.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <uv.h>

enum { at_a_time = 64 };

struct reader {
    uv_work_t request;
    char path[4096];
    char* text;
    size_t size;
};

static const char* directory;
static int count, next_file;
static uint64_t bytes;

static void read_one(uv_work_t* request) {
    struct reader* r = request->data;
    const int fd = open(r->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) fail("open", r->path);
    struct stat status;
    if (fstat(fd, &status) != 0) fail("fstat", r->path);
    r->text = malloc((size_t)status.st_size);
    r->size = 0;
    ssize_t n;
    while (r->size < (size_t)status.st_size &&
           (n = read(fd, r->text + r->size, (size_t)status.st_size - r->size)) != 0) {
        if (n < 0) fail("read", r->path);
        r->size += (size_t)n;
    }
    close(fd);
}

static void on_read(uv_work_t* request, int status);

static void start_next(uv_loop_t* loop, struct reader* r) {
    if (next_file == count) return;
    snprintf(r->path, sizeof r->path, "%s/%05d", directory, next_file++);
    r->request.data = r;
    if (uv_queue_work(loop, &r->request, read_one, on_read) != 0) exit(2);
}

static void on_read(uv_work_t* request, int status) {
    struct reader* r = request->data;
    if (status < 0) exit(2);
    bytes += r->size;
    free(r->text);
    start_next(request->loop, r);
}

int main(int argc, char** argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: %s DIRECTORY FILES\n", argv[0]);
        return 2;
    }
    directory = argv[1];
    count = atoi(argv[2]);
    uv_loop_t loop;
    uv_loop_init(&loop);
    struct reader* readers = calloc(at_a_time, sizeof *readers);
    for (int i = 0; i < at_a_time; ++i) start_next(&loop, &readers[i]);
    uv_run(&loop, UV_RUN_DEFAULT);
    if (uv_loop_close(&loop) != 0) return 1;
    free(readers);
    printf("files=%d bytes=%llu\n", count, (unsigned long long)bytes);
    return 0;
}
