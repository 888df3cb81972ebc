#pragma once

#include <simul/coro/detail/promise.hpp>
#include <simul/loop/clock.hpp>
#include <simul/loop/detail/operation.hpp>
#include <simul/loop/error.hpp>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <string>

namespace simul::detail {

class signal_awaiter;

/// Wakes the one coroutine that waits for it, or the next one to do so; it is not counted.
class SIMUL_API signal final : public timed_operation {
public:
    /// `what` is waited for, for dumps; a static text.
    explicit signal(const char* what) noexcept : what_(what) {}
    ~signal() { forget(); }

    void raise() noexcept;

    /// True once it is raised. A cancel ends the wait.
    [[nodiscard]] signal_awaiter wait() noexcept;
    /// The same, or false when the deadline has passed without.
    [[nodiscard]] signal_awaiter wait_until(clock::time_point until) noexcept;

    void cancel() noexcept override;
    void expired() noexcept override;
    void describe(std::string& out) const override;

private:
    friend signal_awaiter;
    enum class state : std::uint8_t { idle, raised, expired, cancelled };
    static constexpr std::int64_t never = -1;

    bool start(waiter& line, std::coroutine_handle<> at, std::int64_t until) noexcept;
    void end(state how) noexcept;
    /// Whoever waits is about to be destroyed.
    void forget() noexcept;

    const char* what_;
    state state_ = state::idle;
};

class signal_awaiter {
public:
    signal_awaiter(signal& from, std::int64_t until) noexcept : signal_(from), until_(until) {}
    signal_awaiter(const signal_awaiter&) = delete;
    signal_awaiter& operator=(const signal_awaiter&) = delete;
    ~signal_awaiter() {
        if (signal_.parked() != nullptr) [[unlikely]]
            signal_.forget();
    }

    [[nodiscard]] bool await_ready() const noexcept {
        return signal_.state_ == signal::state::raised;
    }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
        return signal_.start(line_of(awaiting), awaiting, until_);
    }
    bool await_resume() const {
        const signal::state how = signal_.state_;
        signal_.state_ = signal::state::idle;
        if (how == signal::state::cancelled) throw cancelled{};
        return how == signal::state::raised;
    }

private:
    signal& signal_;
    std::int64_t until_;
};

/// So many places for elements; one coroutine takes them, and waits for `freed` when there is none.
class places {
public:
    explicit places(std::size_t count) noexcept : free_(count) {}

    [[nodiscard]] bool take() noexcept {
        if (free_ == 0) return false;
        --free_;
        return true;
    }
    void release() noexcept {
        ++free_;
        freed.raise();
    }

    signal freed{"room for an element"};

private:
    std::size_t free_;
};

inline signal_awaiter signal::wait() noexcept { return {*this, never}; }
inline signal_awaiter signal::wait_until(clock::time_point until) noexcept {
    return {*this, until.time_since_epoch().count()};
}

} // namespace simul::detail
