/* Streams a file through raw libuv: one uv_fs_read of 256 KiB after the other, each chunk given to
 * a callback. */
#ifndef SIMUL_BENCH_UV_STREAM_H
#define SIMUL_BENCH_UV_STREAM_H

#include "measure.h"

#include <fcntl.h>
#include <uv.h>

enum { stream_chunk_size = 256 * 1024 };

typedef void (*chunk_callback)(void* context, const char* data, size_t size);

struct uv_stream_reader {
    uv_loop_t loop;
    uv_fs_t request;
    uv_file file;
    char* buffer;
    int64_t offset;
    const char* path;
    chunk_callback on_chunk;
    void* context;
};

static inline _Noreturn void uv_fail(const char* what, const char* path, ssize_t status) {
    fprintf(stderr, "%s '%s': %s\n", what, path, uv_strerror((int)status));
    exit(2);
}

static void stream_on_read(uv_fs_t* request);

static inline void stream_read_more(struct uv_stream_reader* r) {
    uv_buf_t buffer = uv_buf_init(r->buffer, stream_chunk_size);
    const int status =
        uv_fs_read(&r->loop, &r->request, r->file, &buffer, 1, r->offset, stream_on_read);
    if (status < 0) uv_fail("read", r->path, status);
}

static void stream_on_read(uv_fs_t* request) {
    struct uv_stream_reader* r = request->data;
    const ssize_t n = request->result;
    uv_fs_req_cleanup(request);
    if (n < 0) uv_fail("read", r->path, n);
    if (n == 0) return;
    r->on_chunk(r->context, r->buffer, (size_t)n);
    r->offset += n;
    stream_read_more(r);
}

static void stream_on_open(uv_fs_t* request) {
    struct uv_stream_reader* r = request->data;
    const ssize_t fd = request->result;
    uv_fs_req_cleanup(request);
    if (fd < 0) uv_fail("open", r->path, fd);
    r->file = (uv_file)fd;
    stream_read_more(r);
}

static inline void stream_file(const char* path, chunk_callback on_chunk, void* context) {
    struct uv_stream_reader r = {.path = path, .on_chunk = on_chunk, .context = context};
    r.buffer = malloc(stream_chunk_size);
    r.request.data = &r;
    uv_loop_init(&r.loop);
    uv_fs_open(&r.loop, &r.request, path, O_RDONLY | O_CLOEXEC, 0, stream_on_open);
    uv_run(&r.loop, UV_RUN_DEFAULT);
    uv_fs_close(&r.loop, &r.request, r.file, NULL);
    uv_fs_req_cleanup(&r.request);
    if (uv_loop_close(&r.loop) != 0) uv_fail("close loop", path, UV_EBUSY);
    free(r.buffer);
}

#endif
