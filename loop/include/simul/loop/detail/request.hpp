#pragma once

#include <simul/loop/config.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace simul::detail {

class loop_core;
struct request_block;

/// Who hears of a request's end.
class request_listener {
public:
    /// On the loop's thread: what the call returned, or a negative errno.
    virtual void request_done(std::int64_t result) noexcept = 0;

protected:
    ~request_listener() = default;
};

/// Something to run on a thread of libuv's pool.
class pool_job {
public:
    virtual ~pool_job() = default;
    /// On the worker's thread; the loop reads the job only after this has returned.
    virtual void run() noexcept = 0;
};

/// One file request of libuv, or one job in its pool, at a time. The request's memory comes from a
/// pool of the loop, outlives this object while a worker may touch it, and keeps alive whatever
/// the caller hands it to keep.
///
/// Each start returns 0 or a negative errno, in which case nothing was started.
class SIMUL_API request {
public:
    request() noexcept = default;
    request(const request&) = delete;
    request& operator=(const request&) = delete;
    /// Abandons a request in flight; one that still works on borrowed memory is waited for.
    ~request();

    int open(loop_core& loop, request_listener& listener, const char* path, int flags, int mode);
    int close(loop_core& loop, request_listener& listener, int fd);
    /// Reads into `into`, at `offset` or, with a negative one, at the descriptor's own position.
    /// `keep` owns the buffer; without it the buffer is the caller's.
    int read(loop_core& loop, request_listener& listener, int fd, std::span<std::byte> into,
             std::int64_t offset, std::shared_ptr<void> keep = nullptr);
    int write(loop_core& loop, request_listener& listener, int fd, std::span<const std::byte> from,
              std::int64_t offset, std::shared_ptr<void> keep = nullptr);
    /// `keep` owns the descriptor.
    int sync(loop_core& loop, request_listener& listener, int fd, std::shared_ptr<void> keep);
    int truncate(loop_core& loop, request_listener& listener, int fd, std::int64_t size,
                 std::shared_ptr<void> keep);
    int run(loop_core& loop, request_listener& listener, std::shared_ptr<pool_job> job);

    /// Closes a descriptor without anybody waiting; a failure is logged with `what`.
    static void close_in_background(loop_core& loop, int fd, const char* what) noexcept;

    [[nodiscard]] bool in_flight() const noexcept { return block_ != nullptr; }

    /// True: it had not begun, and its end will be reported soon, with -ECANCELED. False: a worker
    /// is at it, or nothing is in flight.
    bool cancel() noexcept;

    /// True when nothing in flight touches memory that the caller may take away.
    [[nodiscard]] bool can_abandon() const noexcept;

    /// Nobody hears of its end any more; a descriptor that it opens is closed.
    void abandon() noexcept;

private:
    friend struct request_block;

    template <class Call>
    int start(loop_core& loop, request_listener& listener, Call&& call);

    request_block* block_ = nullptr;
};

} // namespace simul::detail
