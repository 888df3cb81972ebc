// Takes the place of operator new and of functions of libuv and of the C library: the definitions
// of a program come before those of the libraries that it loads.
#include "injector.hpp"

#include "build_kind.hpp"

#include <uv.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

namespace simul_test {
namespace {

constexpr std::array<std::string_view, 25> calls{
    "operator new",    "uv_loop_init", "uv_async_init", "uv_timer_start", "uv_signal_init",
    "uv_signal_start", "uv_poll_init", "uv_poll_start", "uv_queue_work",  "uv_fs_open",
    "uv_fs_close",     "uv_fs_read",   "uv_fs_write",   "uv_fs_fsync",    "uv_fs_ftruncate",
    "open64",          "read",         "write",         "preadv64v2",     "fsync",
    "rename",          "fchmod",       "mmap64",        "fcntl64",        "pthread_create",
};

constexpr std::size_t number_of(std::string_view call) {
    return static_cast<std::size_t>(std::find(calls.begin(), calls.end(), call) - calls.begin());
}

// A sanitizer puts functions of its own in the place of the last call and has to see each thread:
// that one is left to it.
constexpr std::size_t own_calls = sanitized ? calls.size() - 1 : calls.size();
static_assert(calls.back() == "pthread_create");

constexpr std::size_t none = calls.size();
constinit std::atomic<std::size_t> armed{none};
constinit std::atomic<std::int64_t> calls_left{0};
constinit std::atomic<bool> failed{false};
constinit std::atomic<std::int64_t> allocations{0};

bool fails(std::size_t call) noexcept {
    if (armed.load(std::memory_order_relaxed) != call) return false;
    if (calls_left.fetch_sub(1, std::memory_order_relaxed) != 1) return false;
    failed.store(true, std::memory_order_relaxed);
    return true;
}

void* allocate(std::size_t size, std::size_t alignment) noexcept {
    if (fails(number_of("operator new"))) return nullptr;
    void* memory = nullptr;
    if (alignment <= alignof(std::max_align_t)) {
        memory = std::malloc(size != 0 ? size : 1);
    } else if (posix_memalign(&memory, alignment, size) != 0) {
        memory = nullptr;
    }
    if (memory != nullptr) allocations.fetch_add(1, std::memory_order_relaxed);
    return memory;
}

void* allocate_or_throw(std::size_t size, std::size_t alignment) {
    if (void* const memory = allocate(size, alignment)) return memory;
    throw std::bad_alloc();
}

void free_block(void* memory) noexcept {
    if (memory == nullptr) return;
    allocations.fetch_sub(1, std::memory_order_relaxed);
    std::free(memory);
}

// libuv ends the process when one of its own descriptors fails: it has no other way.
bool is_in_libuv(const void* place) noexcept {
    Dl_info info{};
    return dladdr(place, &info) != 0 && std::strstr(info.dli_fname, "libuv") != nullptr;
}

bool fails_for(std::size_t call, const void* caller) noexcept {
    return armed.load(std::memory_order_relaxed) == call && !is_in_libuv(caller) && fails(call);
}

template <class Function>
Function* real(const char* name) noexcept {
    void* const found = dlsym(RTLD_NEXT, name);
    if (found == nullptr) {
        std::fprintf(stderr, "no real %s\n", name);
        std::abort();
    }
    return reinterpret_cast<Function*>(found);
}

} // namespace

std::span<const std::string_view> failing_calls() noexcept {
    return std::span(calls).first(own_calls);
}

injector::injector(std::string_view call, std::int64_t nth) noexcept {
    failed = false;
    calls_left = nth;
    armed = number_of(call);
}
injector::~injector() { armed = none; }

bool injector::has_failed() const noexcept { return failed; }

std::int64_t live_allocations() noexcept { return allocations; }

} // namespace simul_test

using simul_test::allocate;
using simul_test::allocate_or_throw;
using simul_test::fails_for;
using simul_test::free_block;
using simul_test::number_of;
using simul_test::real;

constexpr std::size_t usual = alignof(std::max_align_t);

void* operator new(std::size_t n) { return allocate_or_throw(n, usual); }
void* operator new[](std::size_t n) { return allocate_or_throw(n, usual); }
void* operator new(std::size_t n, const std::nothrow_t&) noexcept { return allocate(n, usual); }
void* operator new[](std::size_t n, const std::nothrow_t&) noexcept { return allocate(n, usual); }
void* operator new(std::size_t n, std::align_val_t a) {
    return allocate_or_throw(n, static_cast<std::size_t>(a));
}
void* operator new[](std::size_t n, std::align_val_t a) {
    return allocate_or_throw(n, static_cast<std::size_t>(a));
}
void operator delete(void* p) noexcept { free_block(p); }
void operator delete[](void* p) noexcept { free_block(p); }
void operator delete(void* p, std::size_t) noexcept { free_block(p); }
void operator delete[](void* p, std::size_t) noexcept { free_block(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { free_block(p); }
void operator delete[](void* p, const std::nothrow_t&) noexcept { free_block(p); }
void operator delete(void* p, std::align_val_t) noexcept { free_block(p); }
void operator delete[](void* p, std::align_val_t) noexcept { free_block(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { free_block(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { free_block(p); }

// Each calls the real function, or returns the error as if that had.
#define SIMUL_TEST_CALL(returned, name, parameters, arguments, on_failure)                         \
    extern "C" __attribute__((visibility("default"))) returned name parameters {                   \
        static constexpr std::size_t number = number_of(#name);                                    \
        static_assert(number < simul_test::calls.size());                                          \
        static auto* const behind = real<returned parameters>(#name);                              \
        if (fails_for(number, __builtin_return_address(0))) on_failure;                            \
        return behind arguments;                                                                   \
    }
#define SIMUL_TEST_UV(name, parameters, arguments, error)                                          \
    SIMUL_TEST_CALL(int, name, parameters, arguments, return error)
#define SIMUL_TEST_ERRNO(returned, name, parameters, arguments, error)                             \
    SIMUL_TEST_CALL(returned, name, parameters, arguments, {                                       \
        errno = error;                                                                             \
        return -1;                                                                                 \
    })

SIMUL_TEST_UV(uv_loop_init, (uv_loop_t * loop), (loop), UV_EMFILE)
SIMUL_TEST_UV(uv_async_init, (uv_loop_t * loop, uv_async_t* h, uv_async_cb cb), (loop, h, cb),
              UV_EMFILE)
SIMUL_TEST_UV(uv_timer_start, (uv_timer_t * h, uv_timer_cb cb, uint64_t after, uint64_t repeat),
              (h, cb, after, repeat), UV_EINVAL)
SIMUL_TEST_UV(uv_signal_init, (uv_loop_t * loop, uv_signal_t* h), (loop, h), UV_EMFILE)
SIMUL_TEST_UV(uv_signal_start, (uv_signal_t * h, uv_signal_cb cb, int signum), (h, cb, signum),
              UV_EINVAL)
SIMUL_TEST_UV(uv_poll_init, (uv_loop_t * loop, uv_poll_t* h, int fd), (loop, h, fd), UV_ENOMEM)
SIMUL_TEST_UV(uv_poll_start, (uv_poll_t * h, int events, uv_poll_cb cb), (h, events, cb), UV_ENOMEM)
SIMUL_TEST_UV(uv_queue_work,
              (uv_loop_t * loop, uv_work_t* r, uv_work_cb work, uv_after_work_cb after),
              (loop, r, work, after), UV_ENOMEM)
SIMUL_TEST_UV(uv_fs_open,
              (uv_loop_t * loop, uv_fs_t* r, const char* path, int flags, int mode, uv_fs_cb cb),
              (loop, r, path, flags, mode, cb), UV_ENOMEM)
SIMUL_TEST_UV(uv_fs_close, (uv_loop_t * loop, uv_fs_t* r, uv_file fd, uv_fs_cb cb),
              (loop, r, fd, cb), UV_ENOMEM)
SIMUL_TEST_UV(uv_fs_read,
              (uv_loop_t * loop, uv_fs_t* r, uv_file fd, const uv_buf_t b[], unsigned n, int64_t at,
               uv_fs_cb cb),
              (loop, r, fd, b, n, at, cb), UV_ENOMEM)
SIMUL_TEST_UV(uv_fs_write,
              (uv_loop_t * loop, uv_fs_t* r, uv_file fd, const uv_buf_t b[], unsigned n, int64_t at,
               uv_fs_cb cb),
              (loop, r, fd, b, n, at, cb), UV_ENOMEM)
SIMUL_TEST_UV(uv_fs_fsync, (uv_loop_t * loop, uv_fs_t* r, uv_file fd, uv_fs_cb cb),
              (loop, r, fd, cb), UV_ENOMEM)
SIMUL_TEST_UV(uv_fs_ftruncate, (uv_loop_t * loop, uv_fs_t* r, uv_file fd, int64_t to, uv_fs_cb cb),
              (loop, r, fd, to, cb), UV_ENOMEM)

SIMUL_TEST_ERRNO(ssize_t, read, (int fd, void* into, size_t size), (fd, into, size), EIO)
SIMUL_TEST_ERRNO(ssize_t, write, (int fd, const void* from, size_t size), (fd, from, size), ENOSPC)
SIMUL_TEST_ERRNO(ssize_t, preadv64v2, (int fd, const iovec* into, int count, off64_t at, int flags),
                 (fd, into, count, at, flags), EIO)
SIMUL_TEST_ERRNO(int, fsync, (int fd), (fd), EIO)
SIMUL_TEST_ERRNO(int, rename, (const char* from, const char* to), (from, to), EACCES)
SIMUL_TEST_ERRNO(int, fchmod, (int fd, mode_t mode), (fd, mode), EPERM)
#if !SIMUL_TEST_SANITIZED
SIMUL_TEST_CALL(int, pthread_create,
                (pthread_t * thread, const pthread_attr_t* attributes, void* (*run)(void*),
                 void* argument),
                (thread, attributes, run, argument), return EAGAIN)
#endif
SIMUL_TEST_CALL(void*, mmap64, (void* at, size_t size, int prot, int flags, int fd, off64_t offset),
                (at, size, prot, flags, fd, offset), {
                    errno = ENOMEM;
                    return MAP_FAILED;
                })

extern "C" __attribute__((visibility("default"))) int open64(const char* path, int flags, ...) {
    static auto* const behind = real<int(const char*, int, ...)>("open64");
    va_list rest;
    va_start(rest, flags);
    const int mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, int) : 0;
    va_end(rest);
    if (fails_for(number_of("open64"), __builtin_return_address(0))) {
        errno = EMFILE;
        return -1;
    }
    return behind(path, flags, mode);
}

extern "C" __attribute__((visibility("default"))) int fcntl64(int fd, int command, ...) {
    static auto* const behind = real<int(int, int, ...)>("fcntl64");
    va_list rest;
    va_start(rest, command);
    void* const argument = va_arg(rest, void*);
    va_end(rest);
    if (fails_for(number_of("fcntl64"), __builtin_return_address(0))) {
        errno = EMFILE;
        return -1;
    }
    return behind(fd, command, argument);
}
