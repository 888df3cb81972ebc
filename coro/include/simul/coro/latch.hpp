#pragma once

#include <simul/coro/detail/wait_list.hpp>
#include <simul/loop/config.hpp>
#include <simul/loop/error.hpp>

#include <coroutine>
#include <cstddef>
#include <string>

namespace simul {

class latch;

namespace detail {

class SIMUL_API latch_operation : public waiting_operation {
public:
    void describe(std::string& out) const final;

protected:
    explicit latch_operation(latch& awaited) noexcept : latch_(&awaited) {}
    ~latch_operation() = default;
    latch_operation(const latch_operation&) noexcept = default;

    latch* latch_;
};

class latch_awaiter final : public latch_operation {
public:
    latch_awaiter(latch& awaited, std::size_t arrivals) noexcept
        : latch_operation(awaited), arrivals_(arrivals) {}

    [[nodiscard]] bool await_ready();
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting);
    void await_resume() {
        if (take_ending() == ending::cancelled) [[unlikely]]
            throw cancelled{};
    }

private:
    std::size_t arrivals_;
};

} // namespace detail

/// A count that goes down to zero, once, and that tasks of one loop can wait for.
///
/// It belongs to the loop whose tasks use it. Tasks that wait for a latch that is destroyed wait on
/// until they are cancelled.
///
///     simul::latch started(workers.size());
///     started.count_down();      // in each worker
///     co_await started.wait();
class SIMUL_API latch {
public:
    explicit latch(std::size_t expected) noexcept : left_(expected) {}
    latch(const latch&) = delete;
    latch& operator=(const latch&) = delete;
    ~latch() = default;

    /// Lowers the count; at zero everybody who waits goes on.
    ///
    /// \throws std::logic_error    when `n` is more than what is left, which then stays.
    void count_down(std::size_t n = 1);

    /// Whether the count is zero.
    [[nodiscard]] bool try_wait() const noexcept { return left_ == 0; }
    /// What is left of the count.
    [[nodiscard]] std::size_t left() const noexcept { return left_; }

    /// Waits until the count is zero; does not suspend when it is. A cancel ends the wait.
    ///
    /// \throws cancelled           at the `co_await`, when the task is cancelled while it waits.
    /// \throws std::logic_error    when tasks of another loop wait for it.
    [[nodiscard("wait() does nothing until it is awaited")]] detail::latch_awaiter wait() noexcept {
        return {*this, 0};
    }
    /// Lowers the count and waits for the others. A cancel does not raise it again.
    ///
    /// \throws std::logic_error    when `n` is more than what is left.
    [[nodiscard("arrive_and_wait() does nothing until it is awaited")]] detail::latch_awaiter
    arrive_and_wait(std::size_t n = 1) noexcept {
        return {*this, n};
    }

private:
    friend class detail::latch_awaiter;

    detail::wait_list waiting_{"a latch"};
    std::size_t left_;
};

namespace detail {

inline bool latch_awaiter::await_ready() {
    if (arrivals_ > 0) latch_->count_down(arrivals_);
    return latch_->left_ == 0;
}

template <class Promise>
bool latch_awaiter::await_suspend(std::coroutine_handle<Promise> awaiting) {
    return wait_in(latch_->waiting_, line_of(awaiting), awaiting);
}

} // namespace detail
} // namespace simul
