#pragma once

#include <simul/loop/config.hpp>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace simul::detail {

class loop_core;
class operation;

/// What follows a line of execution and is inherited by those that it starts. The loop keeps it and
/// lines share it, by a number that takes no more room than their padding has.
class line_context {
public:
    line_context(const line_context&) = delete;
    line_context& operator=(const line_context&) = delete;

    virtual ~line_context() = default;

    [[nodiscard]] bool is_shared() const noexcept { return references_ > 1; }

protected:
    line_context() noexcept = default;

private:
    friend class loop_core;

    std::size_t references_ = 1;
};

/// One line of execution: a stack of suspended coroutines of which the innermost waits for one
/// operation. It is what the ready queue holds and what a cancel is aimed at.
class waiter {
public:
    /// Without a loop it gets one before it becomes ready.
    explicit waiter(loop_core* runs_on) noexcept : loop(runs_on) {}
    waiter(const waiter&) = delete;
    waiter& operator=(const waiter&) = delete;

    /// Asks for an end: whatever this line waits for, now or later, throws `cancelled`.
    void cancel() noexcept;

    /// The outermost coroutine has run to its end; called by the loop, outside of any coroutine.
    virtual void finished() noexcept = 0;
    /// Destroys the coroutines of a line that cannot, or shall not, come to its end.
    virtual void abandon() noexcept = 0;
    /// One line about this line of execution, for dumps: its name, or nothing.
    virtual void describe(std::string& out) const = 0;
    /// The place in the source where its innermost coroutine is suspended, as in "main.cpp:12".
    virtual void locate(std::string& out) const = 0;

    /// What it is suspended on, or null.
    [[nodiscard]] operation* waiting_for() const noexcept { return queued ? nullptr : awaited_; }

    std::coroutine_handle<> resume_point; ///< the innermost coroutine while it does not run
    loop_core* loop;
    std::uint32_t context = 0; ///< its number; most lines have none
    bool cancel_requested = false;
    bool queued = false;           ///< it stands in the ready queue
    bool ended_by_cancel = false;  ///< its outermost coroutine let `cancelled` out
    bool ended_by_failure = false; ///< the same of any other exception

    /// Goes on in the place of another line, which is no longer suspended then: from where that one
    /// stands and with the operation that it waits for, if it waits for one.
    void take_over(waiter& from) noexcept;

    /// For a line that begins: it takes over what the one has that starts it.
    void inherit_context(const waiter& from) noexcept;

protected:
    ~waiter();

private:
    friend class loop_core;
    friend class operation;

    // Whoever is ready waits for nothing; there may be millions of lines, and each byte counts.
    union {
        operation* awaited_ = nullptr;
        waiter* next_ready_; // while it is queued
    };
};

/// What one waiter is suspended on. Lives in the awaiting coroutine's frame. The protocol:
///   - `begin` refuses when the waiter is cancelled already, and otherwise parks the waiter;
///   - the operation's source calls `complete` once, which makes the waiter ready;
///   - `cancel` comes at most once, only while parked. It either ends the operation and calls
///     `complete`, now or later, or lets it run to its own end.
class operation {
public:
    operation(const operation&) = delete;
    operation& operator=(const operation&) = delete;

    virtual void cancel() noexcept = 0;
    /// What is waited for, as in "sleep, 0.8 s left".
    virtual void describe(std::string& out) const = 0;

    /// Sees each line of execution that this operation waits for.
    struct visitor {
        virtual void visit(const waiter& child) = 0;

    protected:
        ~visitor() = default;
    };
    virtual void visit_children(visitor&) const {}

    /// Where the waiting coroutine stands, for the stack trace of an exception that a child threw.
    [[nodiscard]] waiter* parked() const noexcept { return waiter_; }

protected:
    operation() noexcept = default;
    ~operation();

    /// Parks the waiter on this operation, unless it is cancelled: then the operation must not
    /// start.
    bool begin(waiter& by, std::coroutine_handle<> at) noexcept {
        if (by.cancel_requested) return false;
        park(by, at);
        return true;
    }

    void park(waiter& by, std::coroutine_handle<> at) noexcept {
        waiter_ = &by;
        by.resume_point = at;
        by.awaited_ = this;
    }

    /// Forgets a waiter that is about to be destroyed.
    void unpark() noexcept {
        if (waiter_ != nullptr) waiter_->awaited_ = nullptr;
        waiter_ = nullptr;
    }

    /// The waiter becomes ready; it goes on in the next turn.
    void complete() noexcept;

private:
    friend class waiter;

    waiter* waiter_ = nullptr;
};

/// Links of the timing wheel's circular lists.
struct timer_links {
    timer_links* previous = nullptr;
    timer_links* next = nullptr;
};

/// An operation with a deadline: a node of the loop's timing wheel.
class timed_operation : public operation, public timer_links {
public:
    /// The deadline has passed; the node is out of the wheel already.
    virtual void expired() noexcept = 0;

    /// Nanoseconds on the loop's clock; while it is negative, so long after the loop's next look at
    /// the clock.
    std::int64_t deadline = 0;

    /// While it is in the timing wheel.
    [[nodiscard]] std::int64_t left_at(std::int64_t now) const noexcept {
        return deadline < 0 ? -deadline : deadline - now;
    }

protected:
    timed_operation() noexcept = default;
    ~timed_operation() = default;
};

inline operation::~operation() {
    if (waiter_ != nullptr) [[unlikely]]
        waiter_->awaited_ = nullptr;
}

inline void waiter::take_over(waiter& from) noexcept {
    resume_point = std::exchange(from.resume_point, nullptr);
    cancel_requested = from.cancel_requested; // an operation hears of a cancel once
    if (operation* const awaited = from.waiting_for()) {
        from.awaited_ = nullptr;
        awaited_ = awaited;
        awaited->waiter_ = this;
    }
}

inline void waiter::cancel() noexcept {
    if (cancel_requested) return;
    cancel_requested = true;
    if (operation* const awaited = waiting_for()) awaited->cancel();
}

} // namespace simul::detail
