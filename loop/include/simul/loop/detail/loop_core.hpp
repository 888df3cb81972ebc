#pragma once

#include <simul/loop/clock.hpp>
#include <simul/loop/config.hpp>
#include <simul/loop/detail/operation.hpp>
#include <simul/loop/detail/quick_clock.hpp>
#include <simul/loop/detail/ring.hpp>
#include <simul/loop/detail/timing_wheel.hpp>
#include <simul/loop/run_options.hpp>

#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

struct uv_loop_s;

namespace simul {
class loop;
}

namespace simul::detail {

class job_batch;
class loop_core;
class reactor;
class worker_job;
class worker_pool;

/// A line of execution that hangs on the loop itself: the main task or a spawned one.
class top_level : public waiter, public ring_link {
public:
    /// All lines of its loop, for people to read.
    [[nodiscard]] virtual std::string tree() const = 0;
    /// For a line among the loop's failures: it is none of them any more.
    virtual void loop_closes() noexcept {}
    /// The end of the loop waits for it, but does not cancel it.
    [[nodiscard]] virtual bool is_clean_up() const noexcept { return false; }

protected:
    using waiter::waiter;
    ~top_level() = default;
};

/// An operation that waits for lines of execution of its own. Cancelling it cancels those; the loop
/// does that iteratively, so that nests of any depth are cancelled on an ordinary stack.
class group_operation : public operation {
public:
    void cancel() noexcept override;
    /// Cancels the direct children.
    virtual void cancel_children() noexcept = 0;

protected:
    group_operation() noexcept = default;
    ~group_operation() = default;

private:
    friend class loop_core;
    group_operation* next_cancelling_ = nullptr;
};

/// Something to do once, when the step of a line of execution is over.
class step_hook {
public:
    /// The line stands at its `resume_point`, or has ended when that is null. One that is given a
    /// `resume_point` here has not ended yet.
    virtual void step_ended(waiter& line) noexcept = 0;

protected:
    step_hook() noexcept = default;
    ~step_hook() = default;

private:
    friend class loop_core;
    step_hook* next_hook_ = nullptr;
};

/// Work that another thread hands to the loop.
struct posted_work {
    virtual ~posted_work() = default;
    virtual void run() = 0;

    std::unique_ptr<posted_work> next;
};

/// See loop_core::current.
[[gnu::tls_model("initial-exec")]] extern SIMUL_API constinit thread_local loop_core* current_core;

/// The heart of a loop: the ready queue, the trampoline and the timers. What turns often is inline;
/// libuv is behind `reactor`.
class SIMUL_API loop_core {
public:
    /// Without a host it makes and owns a libuv loop, else it lives inside the host's.
    explicit loop_core(run_options options, uv_loop_s* host = nullptr);
    loop_core(const loop_core&) = delete;
    loop_core& operator=(const loop_core&) = delete;
    ~loop_core();

    /// The loop that runs on this thread, or null.
    [[nodiscard]] static loop_core* current() noexcept { return current_core; }

    [[nodiscard]] std::int64_t now() const noexcept {
        return options_.virtual_time ? virtual_now_ : steady_now();
    }
    [[nodiscard]] clock::time_point time() const noexcept {
        return clock::time_point(clock::duration(now()));
    }
    /// Lets the node expire when `d`, which is positive, has passed, and never sooner. To read the
    /// clock is most of what a timer costs, and long ones are mostly cancelled: those share a look
    /// at the clock, at the latest when the loop looks at it itself.
    void expire_after(timed_operation& node, clock::duration d) noexcept {
        if (d >= long_wait && !options_.virtual_time) {
            node.deadline = -d.count();
            timers.insert_undated(node);
            if (++long_waits_ % most_undated == 0) date_timers();
            return;
        }
        const std::int64_t from = options_.virtual_time ? virtual_now_ : quick_clock_.now();
        node.deadline =
            later(clock::time_point(clock::duration(from)), d).time_since_epoch().count();
        timers.insert(node);
    }

    // -- the ready queue

    void make_ready(waiter& w) noexcept {
        w.queued = true;
        w.next_ready_ = nullptr;
        *ready_tail_ = &w;
        ready_tail_ = &w.next_ready_;
    }
    /// Takes a waiter out before its turn; linear, for the rare forced destruction.
    void remove_ready(waiter& w) noexcept;

    /// The coroutine that runs now on the running line. One that starts another, or returns to its
    /// caller, leaves that one here and goes back to the loop, so the stack never grows.
    std::coroutine_handle<> running_coroutine;
    /// The running line, when its outermost coroutine has just ended or a hook waits for the end
    /// of its step.
    waiter* ended = nullptr;
    /// The line whose coroutine runs now, or null.
    waiter* running = nullptr;
    /// A suspended line for which the loop destroys something that belongs to it, or null.
    waiter* destroying_for = nullptr;
    /// How far the stack may grow when coroutines run inside their callers, each within the other.
    std::uintptr_t stack_end = 0;

    /// Calls the hook when the running line has suspended or ended; the latest comes first. Only
    /// while a line runs.
    void at_end_of_step(step_hook& hook) noexcept;
    void remove(step_hook& hook) noexcept;

    /// Runs a line that is not in the ready queue, until it has suspended or ended, inside the step
    /// of another one or of the loop itself: for what must not wait for its turn.
    void run_inside_step(waiter& line) noexcept;
    /// Whether that may be done here: it nests, and so far only as the stack allows.
    [[nodiscard]] bool has_room_inside_step() const noexcept;
    /// Cancels a suspended line. True when its wait is over with that: it is not in the ready queue
    /// then, but for the caller to run or to make ready.
    [[nodiscard]] bool cancel_at_once(waiter& line) noexcept;

    timing_wheel timers;

    /// The public object around this one.
    loop* face = nullptr;

    // -- lines of execution that hang on the loop

    void add(top_level& line) noexcept {
        if (top_levels_.empty()) hold(true);
        top_levels_.push_back(line);
        if (ending_ && !line.is_clean_up()) [[unlikely]]
            line.cancel();
    }
    void remove(top_level& line) noexcept {
        top_levels_.remove(line);
        if (top_levels_.empty()) [[unlikely]] {
            hold(false);
            if (draining_) stop_ = true;
        }
        if (&line == root_) [[unlikely]]
            stop_ = true;
    }
    /// Lines that have been removed, because they failed, and that others still hold: those may
    /// read the exception until the loop closes.
    void add_failure(top_level& line) noexcept { failures_.push_back(line); }
    void remove_failure(top_level& line) noexcept { failures_.remove(line); }

    [[nodiscard]] const ring<top_level>& top_levels() const noexcept { return top_levels_; }

    /// Runs until `root`, which has been added and made ready, has been removed; then cancels every
    /// other line and runs until they have ended.
    ///
    /// \throws deadlock    with the tree of lines, after everything has been unwound.
    void run(top_level& root);
    /// Destroys what `run` has left of its root, and runs what that leaves behind to its end.
    void destroy_root(void (*destroy)(std::coroutine_handle<>) noexcept,
                      std::coroutine_handle<> root) noexcept;

    /// Cancels what is left and lets it unwind, then closes every handle. Idempotent.
    void close() noexcept;
    [[nodiscard]] bool closed() const noexcept { return closed_; }
    [[nodiscard]] bool is_running() const noexcept {
        return driving_.load(std::memory_order_relaxed);
    }

    void cancel_children_of(group_operation& group) noexcept;

    // -- what follows lines of execution

    /// The line's, or null.
    [[nodiscard]] line_context* context_of(const waiter& line) const noexcept {
        return line.context != 0 ? contexts_[line.context - 1].get() : nullptr;
    }
    /// Gives the line a context of its own.
    void set_context(waiter& line, std::unique_ptr<line_context> context);
    void share_context(const waiter& from, waiter& with) noexcept;
    void drop_context(waiter& line) noexcept;

    /// The jobs on files that go to libuv's pool between this turn and the next, or null.
    job_batch* open_batch = nullptr;

    // -- other threads

    /// Runs `work` on the loop's thread, between two turns. May be called from any thread.
    ///
    /// \throws std::runtime_error    when the loop is closed.
    void post(std::unique_ptr<posted_work> work);
    /// Whether somebody outside of the loop's tasks may wake it: waiting for ever is no deadlock
    /// then.
    void expect_posts(bool expected = true) noexcept { expects_posts_ = expected; }

    // -- work that would block the loop

    /// Runs the job on a thread of this loop's pool, which is started with the first job and joined
    /// when the loop closes.
    ///
    /// \throws std::system_error    when no thread can be had.
    void start_job(worker_job& job);
    /// Takes back a job that was started; false when a worker is at it, or has been.
    bool withdraw_job(worker_job& job) noexcept;
    /// Blocks until a worker has done a job that could not be withdrawn, and takes that back.
    void reclaim_job(worker_job& job) noexcept;
    /// How many threads there may be; 0 for one per core. Those that run already stay.
    void limit_workers(std::size_t threads) noexcept;

    [[nodiscard]] bool debug() const noexcept { return options_.debug; }
    /// In debug mode, reports that `what` happened on another thread while the loop runs.
    void check_thread(const char* what) const noexcept {
        if (options_.debug) [[unlikely]]
            report_other_thread(what);
    }
    [[nodiscard]] reactor& uv() noexcept { return *reactor_; }

    /// Real I/O that tasks wait for begins and ends; while there is any, virtual time stands still.
    void io_begins() noexcept { ++io_in_flight_; }
    void io_ends() noexcept { --io_in_flight_; }

private:
    friend class reactor;
    friend struct request_block;
    friend class request;

    enum class outcome { stopped, stuck };
    static constexpr clock::duration long_wait = std::chrono::minutes(1);
    static constexpr unsigned most_undated = 32; // they are still in the processor's cache

    /// Nothing is to be done before something happens.
    [[nodiscard]] bool is_idle() const noexcept { return ready_ == nullptr && !timers.has_last(); }
    void hold(bool has_tasks) noexcept;
    void report_other_thread(const char* what) const noexcept;
    template <bool Plain>
    void resume(waiter& w) noexcept;
    void run_coroutines(waiter& w) noexcept;
    void end_step() noexcept;
    void finish(waiter& line) noexcept;
    void run_step_hooks(waiter& line) noexcept;
    void resume_and_time(waiter& w) noexcept;
    template <bool Plain>
    void turn() noexcept;
    template <bool Plain>
    unsigned run_planned(unsigned planned) noexcept;
    void run_turns() noexcept;
    // By the clock that never goes back, or of two equal waits the later could end first.
    void date_timers() noexcept {
        if (timers.has_undated()) [[unlikely]]
            timers.date(quick_clock_.now());
    }
    bool poll();
    bool wait();
    outcome drive();
    void end_all();
    void run_posts() noexcept;
    void shuffle_batch() noexcept;
    void interrupt() noexcept;
    void dump_tree(int signal) const noexcept;
    void run_hosted() noexcept;

    std::int64_t virtual_now_ = 0;
    waiter* ready_ = nullptr;
    waiter** ready_tail_ = &ready_;
    waiter* batch_ = nullptr; // what is left of the turn that runs
    ring<top_level> top_levels_;
    ring<top_level> failures_;
    top_level* root_ = nullptr;
    std::int64_t io_in_flight_ = 0;
    std::int64_t requests_in_flight_ = 0; // with those that were abandoned
    group_operation* cancelling_ = nullptr;
    step_hook* step_hooks_ = nullptr;
    const void* first_inside_step_ = nullptr; // where the stack of the nested runs begins
    std::vector<std::unique_ptr<line_context>> contexts_;
    std::vector<std::uint32_t> free_contexts_;
    quick_clock quick_clock_;
    std::int64_t looked_at_ = 0; // when I/O was looked at last, or 0 after a wait
    unsigned turns_per_poll_ = 1;
    unsigned long_waits_ = 0; // how many there have been
    bool stop_ = false;
    std::atomic<bool> driving_ = false; // read by other threads in debug mode
    bool in_cancelling_ = false;
    bool ending_ = false;   // who joins now is cancelled
    bool draining_ = false; // the loop stops when the last top-level line has ended
    bool closed_ = false;
    bool expects_posts_ = true;
    bool watches_sigint_ = false; // it may still come, and wake the main task
    run_options options_;
    std::uint64_t random_state_ = 0;
    std::unique_ptr<reactor> reactor_;
    std::unique_ptr<worker_pool> workers_; // goes first: it wakes the reactor
};

inline void operation::complete() noexcept {
    waiter& ready = *waiter_;
    waiter_ = nullptr;
    ready.loop->make_ready(ready);
}

inline void waiter::inherit_context(const waiter& from) noexcept {
    if (from.context != 0) [[unlikely]]
        from.loop->share_context(from, *this);
}

// A line that has ended has none any more; only one that is destroyed before still does.
inline waiter::~waiter() {
    if (context != 0) [[unlikely]]
        loop->drop_context(*this);
}

inline void group_operation::cancel() noexcept { parked()->loop->cancel_children_of(*this); }

} // namespace simul::detail
