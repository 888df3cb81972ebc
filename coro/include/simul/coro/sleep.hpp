#pragma once

#include <simul/coro/detail/promise.hpp>
#include <simul/loop/clock.hpp>
#include <simul/loop/error.hpp>

#include <algorithm>
#include <chrono>
#include <coroutine>
#include <cstdint>
#include <limits>
#include <string>

namespace simul {
namespace detail {

/// Waits for a deadline, or for the next turn when there is nothing to wait for.
class SIMUL_API sleep_operation : public timed_operation {
public:
    [[nodiscard]] static bool await_ready() noexcept { return false; }

    void await_resume() const {
        if (deadline == was_cancelled) [[unlikely]]
            throw cancelled{};
    }

    void cancel() noexcept override;
    void describe(std::string& out) const override;
    void expired() noexcept override { complete(); }

protected:
    sleep_operation() noexcept = default;
    ~sleep_operation() {
        if (next != nullptr) [[unlikely]]
            parked()->loop->timers.erase(*this);
    }

    bool start(waiter& line, std::coroutine_handle<> at) noexcept {
        if (!begin(line, at)) [[unlikely]] {
            deadline = was_cancelled;
            return false;
        }
        return true;
    }

private:
    static constexpr std::int64_t was_cancelled = std::numeric_limits<std::int64_t>::min();
};

class sleep_awaiter final : public sleep_operation {
public:
    using awaited_once = void;

    explicit sleep_awaiter(clock::duration d) noexcept {
        deadline = std::max<std::int64_t>(d.count(), 0);
    }
    /// Copies one that has not begun, for gather() and its like.
    sleep_awaiter(const sleep_awaiter& other) noexcept : sleep_operation() {
        deadline = other.deadline;
    }
    sleep_awaiter& operator=(const sleep_awaiter&) = delete;
    ~sleep_awaiter() = default;

    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
        waiter& line = line_of(awaiting);
        const clock::duration d(deadline);
        if (!start(line, awaiting)) return false;
        if (d <= clock::duration::zero()) {
            complete();
        } else {
            line.loop->expire_after(*this, d);
        }
        return true;
    }
};

class sleep_until_awaiter final : public sleep_operation {
public:
    explicit sleep_until_awaiter(clock::time_point at) noexcept {
        deadline = std::max<std::int64_t>(at.time_since_epoch().count(), 0);
    }
    /// Copies one that has not begun.
    sleep_until_awaiter(const sleep_until_awaiter& other) noexcept : sleep_operation() {
        deadline = other.deadline;
    }
    sleep_until_awaiter& operator=(const sleep_until_awaiter&) = delete;
    ~sleep_until_awaiter() = default;

    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
        waiter& line = line_of(awaiting);
        if (!start(line, awaiting)) return false;
        if (deadline <= line.loop->now()) {
            complete();
        } else {
            line.loop->timers.insert(*this);
        }
        return true;
    }
};

/// Goes to the end of the ready queue. It never waits for anything, so a cancel finds it ready.
class yield_awaiter : native_awaiter {
public:
    [[nodiscard]] static bool await_ready() noexcept { return false; }

    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
        waiter& line = line_of(awaiting);
        if (line.cancel_requested) [[unlikely]] {
            refused_ = true;
            return false;
        }
        line.resume_point = awaiting;
        line.loop->make_ready(line);
        return true;
    }

    void await_resume() const {
        if (refused_) [[unlikely]]
            throw cancelled{};
    }

private:
    bool refused_ = false;
};

} // namespace detail

/// Suspends the task for at least `d` on the loop's clock; it never wakes early. Zero or a negative
/// duration gives up one turn. Tasks whose deadlines are equal wake in the order in which they went
/// to sleep. On the real clock a minute or more may count from the end of the loop's present run of
/// turns: it takes that much longer if one of their steps blocks.
///
/// A cancel ends the sleep at once.
/// \throws cancelled    at the `co_await`, when the task is cancelled.
///
///     co_await simul::sleep(250ms);
template <class Rep, class Period>
[[nodiscard]] detail::sleep_awaiter sleep(std::chrono::duration<Rep, Period> d) noexcept {
    return detail::sleep_awaiter(detail::to_nanoseconds(d));
}

/// Suspends the task until the loop's clock has reached `at`; gives up one turn when it has.
///
///     co_await simul::sleep_until(simul::clock::now() + 1h);
[[nodiscard]] inline detail::sleep_until_awaiter sleep_until(clock::time_point at) noexcept {
    return detail::sleep_until_awaiter(at);
}

/// Gives up one turn: everything else that is ready runs once. Costs a few nanoseconds.
///
/// \throws cancelled    at the `co_await`, when the task is cancelled.
[[nodiscard]] inline detail::yield_awaiter yield() noexcept { return {}; }

} // namespace simul
