#include "reactor.hpp"

#include <simul/loop/detail/log_text.hpp>
#include <simul/loop/error.hpp>
#include <simul/loop/log.hpp>

#include "accounting.hpp"

#include <array>
#include <csignal>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace simul::detail {
namespace {

void check(int status, const char* operation) {
    if (status < 0) throw_error(status, operation);
}

template <class Handle>
uv_handle_t* as_handle(Handle& handle) {
    return reinterpret_cast<uv_handle_t*>(&handle);
}

/// Occupies the standard descriptors that the program was started without, for as long as it
/// lives: libuv aborts when it closes a descriptor of its own that came to be one of them, and
/// what the program prints would go there.
class standard_descriptors {
public:
    standard_descriptors() noexcept {
        int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        while (fd >= 0 && fd <= STDERR_FILENO) {
            held_[count_++] = fd;
            fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        }
        if (fd >= 0) ::close(fd);
    }
    standard_descriptors(const standard_descriptors&) = delete;
    standard_descriptors& operator=(const standard_descriptors&) = delete;
    ~standard_descriptors() {
        while (count_ > 0) ::close(held_[--count_]);
    }

private:
    std::array<int, STDERR_FILENO + 1> held_{};
    std::size_t count_ = 0;
};

/// What the program itself has set for the signals that loops watch. libuv leaves the default
/// action behind when its last watcher in the process stops.
class signal_actions {
public:
    int start(uv_signal_t& handle, uv_signal_cb received, int signal) noexcept {
        if (signal <= 0 || signal >= NSIG) return UV_EINVAL;
        const std::lock_guard lock(mutex_);
        const bool is_new = !is_watching(handle);
        struct sigaction before{};
        ::sigaction(signal, nullptr, &before);
        const int status = uv_signal_start(&handle, received, signal);
        watched& of = watched_[static_cast<std::size_t>(signal)];
        if (status < 0 || !is_new || of.watchers++ != 0) return status;
        struct sigaction now{};
        ::sigaction(signal, nullptr, &now);
        // Where the program watches it through libuv, too, there is nothing to go back to.
        of.before = now.sa_handler != before.sa_handler ? before : no_action;
        return status;
    }

    void stop(uv_signal_t& handle) noexcept {
        const std::lock_guard lock(mutex_);
        if (!is_watching(handle)) return;
        const int signal = handle.signum;
        uv_signal_stop(&handle);
        watched& of = watched_[static_cast<std::size_t>(signal)];
        if (--of.watchers != 0) return;
        struct sigaction now{};
        if (::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_DFL) {
            ::sigaction(signal, &of.before, nullptr);
        }
    }

private:
    static constexpr struct sigaction no_action{};

    struct watched {
        int watchers = 0;
        struct sigaction before{};
    };

    static bool is_watching(const uv_signal_t& handle) noexcept {
        return uv_is_active(reinterpret_cast<const uv_handle_t*>(&handle)) != 0;
    }

    std::mutex mutex_;
    std::array<watched, NSIG> watched_{};
};

constinit signal_actions actions; // signals belong to the process

} // namespace

template <class Handle>
void reactor::opened(Handle& handle) noexcept {
    handle.data = this;
    ++handles_->open;
    live_handles.fetch_add(1, std::memory_order_relaxed);
}

template <class Handle>
void reactor::close_handle(Handle& handle) noexcept {
    handle.data = handles_;
    uv_close(as_handle(handle), [](uv_handle_t* closed) {
        live_handles.fetch_sub(1, std::memory_order_relaxed);
        auto* block = static_cast<struct handles*>(closed->data);
        if (--block->open == 0) delete block;
    });
}

reactor::reactor(loop_core& core, uv_loop_s* host)
    : core_(core), loop_(host != nullptr ? host : &own_) {
    auto block = std::make_unique<handles>();
    const standard_descriptors held;
    if (!hosted()) check(uv_loop_init(&own_), "uv_loop_init");
    const int status = uv_async_init(loop_, &block->wake, [](uv_async_t*) {});
    if (status < 0) {
        if (!hosted()) uv_loop_close(&own_);
        throw_error(status, "uv_async_init");
    }
    // From here on nothing can fail: these inits only fill in memory.
    handles_ = block.release();
    opened(handles_->wake);
    uv_timer_init(loop_, &handles_->timer);
    opened(handles_->timer);
    if (!hosted()) return;

    // In a host's loop our turns run just before it polls, and the idle handle keeps it from
    // sleeping while something is ready. Only tasks keep the host running, not these handles.
    uv_prepare_init(loop_, &handles_->prepare);
    opened(handles_->prepare);
    uv_idle_init(loop_, &handles_->idle);
    opened(handles_->idle);
    uv_prepare_start(&handles_->prepare, [](uv_prepare_t* handle) {
        static_cast<reactor*>(handle->data)->before_poll();
    });
    uv_unref(as_handle(handles_->wake));
    uv_unref(as_handle(handles_->timer));
    uv_unref(as_handle(handles_->prepare));
    uv_unref(as_handle(handles_->idle));
}

reactor::~reactor() { close(); }

void reactor::look() { uv_run(loop_, UV_RUN_NOWAIT); }

void reactor::wait(std::int64_t deadline) {
    // Without a timer nothing would end the wait.
    uv_run(loop_, arm(deadline) ? UV_RUN_ONCE : UV_RUN_NOWAIT);
}

bool reactor::arm(std::int64_t deadline) noexcept {
    if (deadline == no_deadline) {
        if (std::exchange(armed_, false)) uv_timer_stop(&handles_->timer);
        return true;
    }
    // The deadline in libuv's whole milliseconds, rounded up, on the same monotonic clock. Its
    // cached time is brought up to date first because timers start from it.
    constexpr std::int64_t nanoseconds = 1'000'000;
    const auto at = static_cast<std::uint64_t>(deadline > 0 ? (deadline - 1) / nanoseconds + 1 : 0);
    if (armed_ && armed_at_ == at && uv_is_active(as_handle(handles_->timer)) != 0) return true;
    uv_update_time(loop_);
    const std::uint64_t now = uv_now(loop_);
    // Before 1.45 libuv runs timers before it polls: one that is due by then has fired, and without
    // the stop the poll would wait for ever.
    const auto due = [](uv_timer_t* handle) {
        if (static_cast<reactor*>(handle->data)->core_.driving_) uv_stop(handle->loop);
    };
    armed_ = uv_timer_start(&handles_->timer, due, at > now ? at - now : 0, 0) == 0;
    armed_at_ = at;
    return armed_;
}

void reactor::before_poll() noexcept {
    if (core_.driving_) return;
    core_.run_hosted();
    if (core_.closed_) return;
    const bool time_can_jump =
        core_.options_.virtual_time && core_.io_in_flight_ == 0 && !core_.timers.empty();
    if (!core_.is_idle() || time_can_jump) {
        uv_idle_start(&handles_->idle, [](uv_idle_t*) {});
    } else {
        uv_idle_stop(&handles_->idle);
    }
    // Whoever is not idle does not sleep, and a wheel with nothing but last ones has no next.
    const bool waits = core_.is_idle() && !core_.timers.empty() && !core_.options_.virtual_time;
    arm(waits ? core_.timers.next_wake() : no_deadline);
}

void reactor::hold(bool has_tasks) noexcept {
    if (!hosted() || handles_ == nullptr) return;
    if (has_tasks) {
        uv_ref(as_handle(handles_->prepare));
    } else {
        uv_unref(as_handle(handles_->prepare));
    }
}

void reactor::post(std::unique_ptr<posted_work> work) {
    const std::lock_guard lock(mutex_);
    if (!accepts_posts_) throw std::runtime_error("simul: post to a loop that is closed");
    *last_post_ = std::move(work);
    last_post_ = &(*last_post_)->next;
    has_posts_.store(true, std::memory_order_release);
    // The loop itself looks for posts before it waits, unless a host's loop waits for it. Under the
    // lock, so that the handle cannot be closed in between.
    if (hosted() || loop_core::current() != &core_) uv_async_send(&handles_->wake);
}

std::unique_ptr<posted_work> reactor::take_posts() noexcept {
    const std::lock_guard lock(mutex_);
    has_posts_.store(false, std::memory_order_relaxed);
    last_post_ = &posts_;
    return std::move(posts_);
}

void reactor::refuse_posts() noexcept {
    {
        const std::lock_guard lock(mutex_);
        accepts_posts_ = false;
    }
    for (auto left = take_posts(); left != nullptr;) left = std::move(left->next);
}

void reactor::wake() noexcept {
    has_posts_.store(true, std::memory_order_release);
    uv_async_send(&handles_->wake);
}

void reactor::watch(uv_signal_t& handle, bool& is_open, int signal, uv_signal_cb received) {
    if (!is_open) {
        const standard_descriptors held;
        check(uv_signal_init(loop_, &handle), "uv_signal_init");
        opened(handle);
        is_open = true;
        uv_unref(as_handle(handle));
    }
    const int status = actions.start(handle, received, signal);
    if (status < 0) throw_error(status, "uv_signal_start", "signal " + std::to_string(signal));
}

void reactor::watch_sigint() {
    watch(handles_->sigint, sigint_open_, SIGINT, [](uv_signal_t* handle, int) {
        // Stopping restores what was there before: a second Ctrl-C usually ends the process.
        actions.stop(*handle);
        static_cast<reactor*>(handle->data)->core_.interrupt();
    });
}

void reactor::watch_dump_signal(int signal) {
    watch(handles_->dump, dump_open_, signal, [](uv_signal_t* handle, int received) {
        static_cast<reactor*>(handle->data)->core_.dump_tree(received);
    });
}

void reactor::stop_watching_sigint() noexcept {
    if (sigint_open_) actions.stop(handles_->sigint);
}

request_block* reactor::acquire_block() {
    if (free_blocks_.empty()) return new request_block;
    request_block* const block = free_blocks_.back().release();
    free_blocks_.pop_back();
    return block;
}

void reactor::release_block(request_block* block) noexcept {
    constexpr std::size_t kept_blocks = 64;
    std::unique_ptr<request_block> owned(block);
    if (handles_ == nullptr || free_blocks_.size() >= kept_blocks) return;
    try {
        free_blocks_.push_back(std::move(owned));
    } catch (const std::bad_alloc&) { // then the block is freed instead of kept
    }
}

void reactor::close() noexcept {
    if (handles_ == nullptr) return;
    // What a worker still does cannot be stopped; it ends by itself and is reaped here.
    arm(no_deadline);
    while (core_.requests_in_flight_ > 0) uv_run(loop_, UV_RUN_ONCE);
    refuse_posts();

    handles* const closing = handles_;
    close_handle(closing->wake);
    close_handle(closing->timer);
    if (sigint_open_) {
        actions.stop(closing->sigint);
        close_handle(closing->sigint);
    }
    if (dump_open_) {
        actions.stop(closing->dump);
        close_handle(closing->dump);
    }
    if (hosted()) {
        close_handle(closing->prepare);
        close_handle(closing->idle);
        handles_ = nullptr;
        return; // the host's next turn finishes it
    }
    handles_ = nullptr;
    uv_run(loop_, UV_RUN_DEFAULT);
    if (uv_loop_close(loop_) == 0) return;
    constexpr const char* still_open = "simul: handles that were still open when their loop ended:";
    log_text(log_level::error, still_open, [this](std::string& text) {
        // Through libuv, which is C, no exception may pass: what fits, fits.
        text.reserve(1024);
        text += still_open;
        const auto name = [](uv_handle_t* handle, void* into) {
            auto& names = *static_cast<std::string*>(into);
            const std::string_view type = uv_handle_type_name(handle->type);
            if (names.size() + type.size() < names.capacity()) names.append(" ").append(type);
        };
        uv_walk(loop_, name, &text);
    });
}

} // namespace simul::detail
