#pragma once

#include <simul/loop/detail/loop_core.hpp>
#include <simul/loop/detail/request.hpp>

#include <uv.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

namespace simul::detail {

/// A request of libuv with all that must outlive its caller.
struct request_block {
    union {
        uv_fs_t fs;
        uv_work_t work;
    };
    request* owner; // null once abandoned
    request_listener* listener;
    loop_core* core;
    std::shared_ptr<void> keep;
    std::shared_ptr<pool_job> job;
    const char* background = nullptr; // what a background request is about, for the log
    bool borrows = false;             // a worker may touch memory of the caller

    request_block() : fs{} {}
    request_block(const request_block&) = delete;
    request_block& operator=(const request_block&) = delete;
    ~request_block() {}

    /// A worker uses memory that `owner` keeps alive, or that the caller promises to keep.
    void lend(std::shared_ptr<void> memory) noexcept {
        borrows = memory == nullptr;
        keep = std::move(memory);
    }
    void end(std::int64_t result) noexcept;
};

/// The loop's libuv side: the handles by which it waits, and its pool of request blocks.
class reactor {
public:
    reactor(loop_core& core, uv_loop_s* host);
    reactor(const reactor&) = delete;
    reactor& operator=(const reactor&) = delete;
    ~reactor();

    [[nodiscard]] uv_loop_t* loop() noexcept { return loop_; }
    [[nodiscard]] bool hosted() const noexcept { return loop_ != &own_; }

    /// Looks at I/O without waiting.
    void look();
    /// Waits for I/O, for a post, or until `deadline` on the steady clock.
    void wait(std::int64_t deadline);
    void wait() { wait(no_deadline); }

    void post(std::unique_ptr<posted_work> work);
    [[nodiscard]] bool has_posts() const noexcept {
        return has_posts_.load(std::memory_order_acquire);
    }
    std::unique_ptr<posted_work> take_posts() noexcept;
    /// Destroys the posts that have not been taken; further ones fail.
    void refuse_posts() noexcept;
    /// Makes the loop look at what has been posted. From any thread that ends before this does.
    void wake() noexcept;

    void watch_sigint();
    void stop_watching_sigint() noexcept;
    /// From now on, until the end, the signal makes the loop show its tasks.
    void watch_dump_signal(int signal);

    /// Keeps a host's uv_run going while there are tasks.
    void hold(bool has_tasks) noexcept;

    request_block* acquire_block();
    void release_block(request_block* block) noexcept;

    /// Closes the handles, waits for requests in flight, and gives the loop back. Anything that
    /// is still open then is logged by name.
    void close() noexcept;

    static constexpr std::int64_t no_deadline = -1;

private:
    // The handles are one heap block: libuv may need it after the loop object has gone.
    struct handles {
        uv_async_t wake;
        uv_timer_t timer;
        uv_prepare_t prepare;
        uv_idle_t idle;
        uv_signal_t sigint;
        uv_signal_t dump;
        int open = 0;
    };

    template <class Handle>
    void opened(Handle& handle) noexcept;
    template <class Handle>
    void close_handle(Handle& handle) noexcept;
    void watch(uv_signal_t& handle, bool& is_open, int signal, uv_signal_cb received);
    bool arm(std::int64_t deadline) noexcept;
    void before_poll() noexcept;

    loop_core& core_;
    uv_loop_t own_{};
    uv_loop_t* loop_;
    handles* handles_ = nullptr;
    bool sigint_open_ = false;
    bool dump_open_ = false;
    bool armed_ = false;
    std::uint64_t armed_at_ = 0;

    std::vector<std::unique_ptr<request_block>> free_blocks_;

    std::mutex mutex_; // guards the posts and their end
    std::unique_ptr<posted_work> posts_;
    std::unique_ptr<posted_work>* last_post_ = &posts_;
    bool accepts_posts_ = true;
    std::atomic<bool> has_posts_{false};
};

} // namespace simul::detail
